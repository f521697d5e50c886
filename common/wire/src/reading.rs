//! Readings: one message for each type that can be read.

use epmesh_facts::{Reading, Reason, ReasonKind};
use epmesh_proto::v1 as proto;

use super::{
    error::{Problem, WireError},
    limits,
    reader::Reader,
};

/// A `...Reading` message, whatever its value is.
pub(super) trait ReadingMessage: Sized {
    /// The field `value` as generated.
    type Value: Default;

    /// The message with these fields.
    fn of(state: proto::ReadingState, value: Self::Value, reason: Option<&Reason>) -> Self;

    /// The fields of the message.
    fn parts(self) -> (i32, Self::Value, String, ReasonKind);
}

/// A reading to the wire; `encode` makes the field `value`.
pub(super) fn reading<T, M: ReadingMessage>(
    reading: &Reading<T>,
    encode: impl FnOnce(&T) -> M::Value,
) -> Option<M> {
    let nothing = |state| M::of(state, M::Value::default(), None);
    Some(match reading {
        Reading::Value(value) => M::of(proto::ReadingState::Value, encode(value), None),
        Reading::Absent => nothing(proto::ReadingState::Absent),
        Reading::NotApplicable => nothing(proto::ReadingState::NotApplicable),
        Reading::Unreadable(why) => {
            M::of(proto::ReadingState::Unreadable, M::Value::default(), Some(why))
        }
    })
}

impl Reader {
    /// A reading from the wire; `decode` reads the field `value`, whose name is `value`.
    pub(super) fn reading<T, M: ReadingMessage>(
        &mut self,
        name: &'static str,
        message: Option<M>,
        decode: impl FnOnce(&mut Self, M::Value) -> Result<T, WireError>,
    ) -> Result<Reading<T>, WireError> {
        self.inside(name, |reader| {
            let Some(message) = message else { return reader.refuse(Problem::Missing) };
            let (state, value, reason, kind) = message.parts();
            Ok(match proto::ReadingState::try_from(state) {
                Ok(proto::ReadingState::Value) => reader
                    .or_instead(Reading::unseen, |reader| decode(reader, value))?
                    .map_or_else(|instead| instead, Reading::Value),
                Ok(proto::ReadingState::Absent) => Reading::Absent,
                Ok(proto::ReadingState::NotApplicable) => Reading::NotApplicable,
                Ok(proto::ReadingState::Unreadable) => {
                    let words = reader.text("reason", reason, limits::REASON_BYTES)?;
                    Reading::Unreadable(Reason { kind, words })
                }
                Ok(proto::ReadingState::Unspecified) | Err(_) => {
                    return reader.refuse_field("state", Problem::UnknownValue(state));
                }
            })
        })
    }

    /// A reading in a field that an agent of an earlier version does not send.
    pub(super) fn later_reading<T, M: ReadingMessage>(
        &mut self,
        name: &'static str,
        message: Option<M>,
        decode: impl FnOnce(&mut Self, M::Value) -> Result<T, WireError>,
    ) -> Result<Reading<T>, WireError> {
        match message {
            Some(message) => self.reading(name, Some(message), decode),
            None => Ok(Reading::untold()),
        }
    }

    /// A reading of a text.
    pub(super) fn text_reading(
        &mut self,
        name: &'static str,
        message: Option<proto::TextReading>,
    ) -> Result<Reading<String>, WireError> {
        self.reading(name, message, |r, text| r.text("value", text, limits::TEXT_BYTES))
    }
}

/// A reading of a text to the wire.
pub(super) fn text_reading<T: ToString>(value: &Reading<T>) -> Option<proto::TextReading> {
    reading(value, ToString::to_string)
}

macro_rules! reading_messages {
    ($($message:ident($value:ty),)+) => {
        $(impl ReadingMessage for proto::$message {
            type Value = $value;

            fn of(state: proto::ReadingState, value: $value, reason: Option<&Reason>) -> Self {
                let (reason_kind, reason_code) = reason.map_or(("", None), |why| why.kind.parts());
                Self {
                    state: state.into(),
                    value,
                    reason: reason.map(|why| why.words.clone()).unwrap_or_default(),
                    reason_kind: reason_kind.to_owned(),
                    reason_code,
                }
            }

            fn parts(self) -> (i32, $value, String, ReasonKind) {
                let kind = ReasonKind::of_parts(&self.reason_kind, self.reason_code);
                (self.state, self.value, self.reason, kind)
            }
        })+
    };
}

reading_messages! {
    TextReading(String),
    GuidReading(Vec<u8>),
    InterfaceAddressesReading(Vec<proto::InterfaceAddress>),
    BootReading(Option<proto::Boot>),
    ServicesReading(Vec<proto::Service>),
    StartReading(i32),
    ProcessReading(Option<proto::Process>),
    PortRangesReading(Vec<proto::PortRange>),
    PortRangeReading(Option<proto::PortRange>),
    ListenersReading(Vec<proto::Listener>),
    HostsFileReading(Option<proto::HostsFile>),
    AddressesReading(Vec<Vec<u8>>),
    NamesReading(Vec<String>),
    NtdsSettingsReading(Vec<proto::NtdsSettings>),
    NeighboursReading(Vec<proto::Neighbour>),
    FlagReading(bool),
    NumberReading(u32),
    MomentReading(u64),
    TextsReading(Vec<String>),
    OsVersionReading(Option<proto::OsVersion>),
    BootModeReading(i32),
    LmhostsFileReading(Option<proto::LmhostsFile>),
    InterfaceDnsReading(Vec<proto::InterfaceDns>),
    RegisteredNamesReading(Vec<proto::RegisteredName>),
    FunctionalLevelsReading(Option<proto::FunctionalLevels>),
    RegistryTextsReading(Vec<proto::RegistryText>),
    NearMissesReading(Vec<proto::NearMiss>),
    RangeUsesReading(Vec<proto::RangeUse>),
    ProcessUsesReading(Vec<proto::ProcessUse>),
    FirewallProfilesReading(Vec<proto::FirewallProfile>),
    RpcFiltersReading(Vec<proto::RpcFilter>),
    WatchedLogsReading(Vec<proto::WatchedLog>),
    LoggedEventsReading(Vec<proto::LoggedEvent>),
    DnsZonesReading(Vec<proto::DnsZone>),
    StoredNamesReading(Vec<proto::StoredName>),
    StoredRecordsReading(Vec<proto::StoredRecord>),
    MachineAccountsReading(Vec<proto::MachineAccount>),
    DynamicUpdatesReading(i32),
}
