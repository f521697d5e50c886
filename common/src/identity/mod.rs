//! Who answers at an address, without credentials: codecs only.
