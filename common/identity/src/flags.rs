//! Sets of named bits.

/// Defines a set of named bits in a `u32`.
macro_rules! flag_set {
    (
        $(#[$meta:meta])* $name:ident {
            $( $(#[$bit_meta:meta])* $bit:ident = $value:literal, $text:literal; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(pub u32);

        impl $name {
            $( $(#[$bit_meta])* pub const $bit: Self = Self($value); )*

            /// Whether every bit of `other` is set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// The bits of either.
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// The names of the bits that are set and have one, lowest bit first.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                [$((Self::$bit, $text)),*]
                    .into_iter()
                    .filter(move |(bit, _)| self.contains(*bit))
                    .map(|(_, name)| name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:#x}", self.0)?;
                for name in self.names() {
                    write!(f, " {name}")?;
                }
                Ok(())
            }
        }
    };
}

pub(super) use flag_set;
