//! The facts that a domain controller states of itself, each section with its time.

use serde::{Deserialize, Serialize};

use super::{LastingState, Section, SectionKind, Timestamp, sections};

/// A fact and when it was last seen to be so, on the coordinator's clock: the observer's clock
/// corrected by its measured offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stamped<T> {
    /// When it was last seen to be so.
    pub at: Timestamp,
    /// The fact.
    pub fact: T,
}

macro_rules! dc_facts {
    ($($(#[$doc:meta])+ $name:ident, $field:ident, $_text:literal;)+) => {
        /// The facts that a domain controller states of itself, section by section.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case", default)]
        pub struct DcFacts {
            /// Milliseconds by which its clock is ahead of the coordinator's; negative when it is behind.
            /// Times inside the facts (a boot, the start of a process) are on its own clock.
            pub clock_ahead_ms: i64,
            /// The services that neither run nor are stopped, each with the time since when the coordinator
            /// has heard so.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub lasting: Vec<LastingState>,
            $($(#[$doc])+ pub $field: Option<Stamped<$crate::$name>>,)+
        }

        impl DcFacts {
            /// Puts a section in, in the place of the one of its kind.
            pub fn put(&mut self, at: Timestamp, section: Section) {
                match section {
                    $(Section::$name(fact) => self.$field = Some(Stamped { at, fact }),)+
                }
            }

            /// Every section that was stated, in the order of [`SectionKind::ALL`].
            #[must_use]
            pub fn sections(&self) -> Vec<Stamped<Section>> {
                let sections = [$(
                    self.$field.as_ref().map(|Stamped { at, fact }| Stamped {
                        at: *at,
                        fact: Section::$name(fact.clone()),
                    }),
                )+];
                sections.into_iter().flatten().collect()
            }

            /// The time at which the section `kind` was last seen to be so; `None` where it was never stated.
            #[must_use]
            pub fn at(&self, kind: SectionKind) -> Option<Timestamp> {
                match kind {
                    $(SectionKind::$name => self.$field.as_ref().map(|held| held.at),)+
                }
            }

            /// The time of the section `kind`, to move it.
            pub fn at_mut(&mut self, kind: SectionKind) -> Option<&mut Timestamp> {
                match kind {
                    $(SectionKind::$name => self.$field.as_mut().map(|held| &mut held.at),)+
                }
            }

            /// Takes the section `kind` away.
            pub fn remove(&mut self, kind: SectionKind) {
                match kind {
                    $(SectionKind::$name => self.$field = None,)+
                }
            }
        }
    };
}

sections!(dc_facts);

impl DcFacts {
    /// The site that the domain controller says it is in.
    #[must_use]
    pub fn site(&self) -> Option<&String> {
        self.host.as_ref()?.fact.site.value()
    }
}
