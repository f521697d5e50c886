//! epmesh tests.
