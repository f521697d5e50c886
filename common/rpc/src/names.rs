//! Names of known interfaces: orientation for people, never evidence. One UUID may be used by
//! more than one product, so the annotation of an entry belongs beside the name.

use std::borrow::Cow;

use uuid::{Uuid, uuid};

use super::InterfaceId;

/// An interface that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownInterface {
    /// Short name, as in configuration and on the command line: `drsuapi`.
    pub name: &'static str,
    /// UUID and version (the lowest, where several are in use).
    pub id: InterfaceId,
    /// What it is for, or how its server annotates it.
    pub title: &'static str,
    /// The service, and the file or process where known, that registers it.
    pub owner: &'static str,
}

/// The interface with this short name, in any case.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static KnownInterface> {
    KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// The interface with this UUID, of any version.
#[must_use]
pub fn by_uuid(uuid: Uuid) -> Option<&'static KnownInterface> {
    KNOWN.iter().find(|known| known.id.uuid == uuid)
}

/// The name of an interface on the screen and in verdicts: its short name where it has one in this major
/// version, else `UUID vMAJOR.MINOR`.
#[must_use]
pub fn label(id: InterfaceId) -> Cow<'static, str> {
    match by_uuid(id.uuid).filter(|known| known.id.major == id.major) {
        Some(known) => Cow::Borrowed(known.name),
        None => Cow::Owned(id.to_string()),
    }
}

/// The interface that an operator means by a short name, a UUID that has one, or
/// `UUID vMAJOR.MINOR`.
#[must_use]
pub fn find(text: &str) -> Option<InterfaceId> {
    let known = by_name(text).or_else(|| by_uuid(text.parse().ok()?));
    known.map(|known| known.id).or_else(|| text.parse().ok())
}

/// All known interfaces.
#[must_use]
pub const fn all() -> &'static [KnownInterface] {
    KNOWN
}

const fn row(
    name: &'static str,
    uuid: Uuid,
    major: u16,
    minor: u16,
    title: &'static str,
    owner: &'static str,
) -> KnownInterface {
    KnownInterface { name, id: InterfaceId::new(uuid, major, minor), title, owner }
}

#[rustfmt::skip]
const KNOWN: &[KnownInterface] = &[
    row("epmapper", uuid!("e1af8308-5d1f-11c9-91a4-08002b14a0fa"), 3, 0, "endpoint mapper", "RpcEptMapper, rpcss.dll"),
    row("mgmt", uuid!("afa8bd80-7d8a-11c9-bef4-08002b102989"), 1, 0, "RPC remote management", "every RPC server, rpcrt4.dll"),
    row("oxid", uuid!("99fcfec4-5260-101b-bbcb-00aa0021347a"), 0, 0, "OXID resolver", "RpcSs"),
    row("remact", uuid!("4d9f4ab8-7d1c-11cf-861e-0020af6e7c57"), 0, 0, "IActivation", "RpcSs"),
    row("sysact", uuid!("000001a0-0000-0000-c000-000000000046"), 0, 0, "ISystemActivator", "RpcSs"),
    row("scmlocal", uuid!("00000136-0000-0000-c000-000000000046"), 0, 0, "ISCMLocalActivator", "RpcSs"),
    row("remunk", uuid!("00000131-0000-0000-c000-000000000046"), 0, 0, "IRemUnknown", "COM object exporters"),
    row("remunk2", uuid!("00000143-0000-0000-c000-000000000046"), 0, 0, "IRemUnknown2", "COM object exporters"),
    row("drsuapi", uuid!("e3514235-4b06-11d1-ab04-00c04fc2dcd2"), 4, 0, "AD replication (MS NT Directory DRS Interface)", "NTDS, ntdsai.dll in lsass"),
    row("dsaop", uuid!("7c44d7d4-31d5-424c-bd5e-2b3e1f323d22"), 1, 0, "AD domain controller administration", "NTDS, ntdsai.dll"),
    row("nspi", uuid!("f5cc5a18-4264-101a-8c59-08002b2f8426"), 56, 0, "MS NT Directory NSP Interface", "NTDS, Exchange"),
    row("nspi-referral", uuid!("1544f5e0-613c-11d1-93df-00c04fd7bd09"), 1, 0, "address book referral", "NTDS, Exchange"),
    row("xds", uuid!("f5cc5a7c-4264-101a-8c59-08002b2f8426"), 21, 0, "MS NT Directory XDS Interface", "NTDS, old: ntdsa.dll"),
    row("lsarpc", uuid!("12345778-1234-abcd-ef00-0123456789ab"), 0, 0, "local security authority", "LSA, lsasrv.dll in lsass"),
    row("samr", uuid!("12345778-1234-abcd-ef00-0123456789ac"), 1, 0, "security accounts manager", "SAM, samsrv.dll in lsass"),
    row("netlogon", uuid!("12345678-1234-abcd-ef00-01234567cffb"), 1, 0, "Netlogon", "Netlogon, netlogon.dll in lsass"),
    row("dssetup", uuid!("3919286a-b10c-11d0-9ba8-00c04fd92ef5"), 0, 0, "directory setup", "LSA, lsasrv.dll"),
    row("dpapi", uuid!("11220835-5b26-4d94-ae86-c3e475a809de"), 1, 0, "data protection", "LSA, lsasrv.dll"),
    row("passrec", uuid!("5cbe92cb-f4be-45c9-9fc9-33e73e557b20"), 1, 0, "password recovery", "LSA, lsasrv.dll"),
    row("backupkey", uuid!("3dde7c30-165d-11d1-ab8f-00805f14db40"), 1, 0, "DPAPI domain key", "LSA on a DC"),
    row("isdkey", uuid!("b9785960-524f-11df-8b6d-83dcded72085"), 1, 0, "group key distribution", "KdsSvc on a DC"),
    row("lsacap", uuid!("afc07e2e-311c-4435-808c-c483ffeec7c9"), 1, 0, "central access policy", "LSA"),
    row("authzr", uuid!("0b1c2170-5732-4e0e-8cd3-d9b16f3b84d7"), 0, 0, "remote access check", "lsass"),
    row("keyiso", uuid!("b25a52bf-e5dd-4f4a-aea6-8ca7272a0e86"), 2, 0, "key isolation", "CNG Key Isolation, keyiso.dll in lsass"),
    row("ngcpop", uuid!("8fb74744-b2ff-4c00-be0d-9ef9a191fe1b"), 1, 0, "Ngc Pop Key Service", "NgcSvc/keyiso, lsass"),
    row("ngcpop2", uuid!("51a227ae-825b-41f2-b4a9-1ac9557a1018"), 1, 0, "Ngc Pop Key Service", "NgcSvc/keyiso, lsass"),
    row("efsrpc-lsa", uuid!("c681d488-d850-11d0-8c52-00c04fd90f7e"), 1, 0, "encrypting file system (lsarpc pipe)", "EFS, lsass"),
    row("efsrpc", uuid!("df1941c5-fe89-4e79-bf10-463657acf44d"), 1, 0, "encrypting file system", "EFS, efssvc.dll"),
    row("dfsr", uuid!("897e2e5f-93f3-4376-9c9c-fd2277495c27"), 1, 0, "DFS replication", "DFSR"),
    row("frsrpc", uuid!("f5cc59b4-4264-101a-8c59-08002b2f8426"), 1, 1, "file replication", "NtFrs"),
    row("frsapi", uuid!("d049b186-814f-11d1-9a3c-00c04fc9b232"), 1, 1, "file replication control", "NtFrs"),
    row("perffrs", uuid!("a00c021c-2be2-11d2-b678-0000f87a8f8e"), 1, 0, "PerfFrs", "NtFrs"),
    row("ismapi", uuid!("68dcd486-669e-11d1-ab0c-00c04fc2dcd2"), 1, 0, "inter-site messaging", "IsmServ"),
    row("ismip", uuid!("130ceefb-e466-11d1-b78b-00c04fa32883"), 2, 0, "inter-site messaging, IP transport", "IsmServ, ismip.dll"),
    row("dnsserver", uuid!("50abc2a4-574d-40b3-9d66-ee4fd5fba076"), 5, 0, "DNS server management", "DNS Server, dns.exe"),
    row("dfsnm", uuid!("4fc742e0-4a10-11cf-8273-00aa004ae673"), 3, 0, "DFS namespaces", "Dfs, dfssvc.exe"),
    row("w32time", uuid!("8fb6d884-2388-11d0-8c35-00c04fda2795"), 4, 1, "Windows time", "W32Time"),
    row("ntdsbackup", uuid!("ecec0d70-a603-11d0-96b1-00a0c91ece30"), 1, 0, "NTDS backup", "NTDS, ntdsbsrv.dll"),
    row("ntdsrestore", uuid!("16e0cf3a-a604-11d0-96b1-00a0c91ece30"), 1, 0, "NTDS restore", "NTDS, ntdsbsrv.dll"),
    row("trkwks", uuid!("300f3532-38cc-11d0-a3f0-0020af6b0add"), 1, 2, "link tracking", "TrkWks"),
    row("srvsvc", uuid!("4b324fc8-1670-01d3-1278-5a47bf6ee188"), 3, 0, "server service", "LanmanServer"),
    row("xactsrv", uuid!("98716d03-89ac-44c7-bb8c-285824e51c4a"), 1, 0, "XactSrv service", "LanmanServer, srvsvc.dll"),
    row("wkssvc", uuid!("6bffd098-a112-3610-9833-46c3f87e345a"), 1, 0, "workstation service", "LanmanWorkstation"),
    row("svcctl", uuid!("367abb81-9844-35f1-ad32-98f038001003"), 2, 0, "service control", "services.exe"),
    row("pnp", uuid!("8d9f4e40-a03d-11ce-8f69-08003e30051b"), 1, 0, "pnp", "PlugPlay"),
    row("winreg", uuid!("338cd001-2244-31f1-aaaa-900038001003"), 1, 0, "remote registry", "RemoteRegistry"),
    row("eventlog", uuid!("82273fdc-e32a-18c3-3f78-827929dc23ea"), 0, 0, "event log", "EventLog"),
    row("eventlog6", uuid!("f6beaff7-1e19-4fbb-9f8f-b89e2018337c"), 1, 0, "event log (Event log TCPIP)", "EventLog, wevtsvc.dll"),
    row("tschs", uuid!("86d35949-83c9-4044-b424-db363231fd0c"), 1, 0, "task scheduler", "Schedule"),
    row("atsvc", uuid!("1ff70682-0a51-30e8-076d-740be8cee98b"), 1, 0, "task scheduler (at)", "Schedule"),
    row("sasec", uuid!("378e52b0-c0a9-11cf-822d-00aa0051e40f"), 1, 0, "task scheduler accounts", "Schedule"),
    row("spoolss", uuid!("12345678-1234-abcd-ef00-0123456789ab"), 1, 0, "print spooler, also IPSec Policy agent", "Spooler"),
    row("winspool-async", uuid!("76f03f96-cdfd-44fc-a22c-64950a001209"), 1, 0, "IRemoteWinspool", "Spooler"),
    row("rpcremoteobject", uuid!("ae33069b-a2a8-46ee-a235-ddfd339be281"), 1, 0, "IRPCRemoteObject", "Spooler"),
    row("rpcasyncnotify", uuid!("0b6edbfa-4a24-4fc6-8a23-942b1eca65d1"), 1, 0, "IRPCAsyncNotify", "Spooler"),
    row("spooler", uuid!("4a452661-8290-4b36-8fbe-7f4093a94978"), 1, 0, "spooler", "Spooler"),
    row("remotefw", uuid!("6b5bdd1e-528c-422c-af8c-a4079be4fe48"), 1, 0, "Remote Fw APIs", "MpsSvc/PolicyAgent, FwRemoteSvr.dll"),
    row("initshutdown", uuid!("894de0c0-0d55-11d3-a322-00c04fa321a1"), 1, 0, "InitShutdown", "wininit.exe"),
    row("windowsshutdown", uuid!("d95afe70-a6d5-4259-822e-2c84da1ddb0d"), 1, 0, "WindowsShutdown", "wininit.exe"),
    row("winlogon", uuid!("76f226c3-ec14-4325-8a99-6a46348418af"), 1, 0, "winlogon", "winlogon.exe"),
    row("icpr", uuid!("91ae6020-9e3c-11cf-8d7c-00aa00c091be"), 0, 0, "certificate enrolment", "CertSvc, certsrv.exe"),
    row("dhcpsrv", uuid!("6bffd098-a112-3610-9833-46c3f874532d"), 1, 0, "dhcpsrv", "DHCPServer"),
    row("dhcpsrv2", uuid!("5b821720-f63b-11d0-aad2-00c04fc324db"), 1, 0, "dhcpsrv2", "DHCPServer"),
    row("winsif", uuid!("45f52c28-7f9f-101a-b52b-08002b2efabe"), 1, 0, "winsif", "WINS"),
    row("winsi2", uuid!("811109bf-a4e1-11d1-ab54-00a0c91e9b45"), 1, 0, "winsi2", "WINS"),
    row("fssagent", uuid!("a8e0653c-2744-4389-a61d-7373df8b2292"), 1, 0, "FileServerVssAgent", "fssagent"),
    row("witness", uuid!("ccd8c074-d0e5-4a40-92b4-d074faa6ba28"), 1, 0, "Witness", "cluster / SMB witness"),
    row("xnremote", uuid!("906b0ce0-c70b-1067-b317-00dd010662da"), 1, 0, "IXnRemote", "MSDTC"),
    row("neteventforwarder", uuid!("22e5386d-8b12-4bf0-b0ec-6a1ea419e366"), 1, 0, "NetEventForwarder", "NetEventBroker"),
    row("wds", uuid!("1a927394-352e-4553-ae3f-7cf4aafca620"), 1, 0, "WdsRpcInterface", "WDSServer"),
    row("termsrvsession", uuid!("484809d6-4239-471b-b5bc-61df8c23ac48"), 1, 0, "TermSrvSession", "TermService, lsm.exe"),
    row("icaapi", uuid!("5ca4a760-ebb1-11cf-8611-00a0245420ed"), 1, 0, "IcaApi", "TermService"),
    row("tapsrv", uuid!("2f5f6520-ca46-1067-b319-00dd010662da"), 1, 0, "tapsrv", "TapiSrv"),
    row("seclogon", uuid!("12b81e99-f207-4a4c-85d3-77b42f76fd14"), 1, 0, "ISeclogon", "seclogon"),
    row("nrpsrv", uuid!("30adc50c-5cbc-46ce-9a0e-91914789e23c"), 1, 0, "NRP server endpoint", "nrpsrv.dll, DNS client"),
    row("dhcpclient", uuid!("3c4728c5-f0ab-448b-bda1-6ce01eb0a6d5"), 1, 0, "DHCP client LRPC", "Dhcp, dhcpcsvc.dll"),
    row("dhcpclient6", uuid!("3c4728c5-f0ab-448b-bda1-6ce01eb0a6d6"), 1, 0, "DHCPv6 client LRPC", "Dhcp, dhcpcsvc6.dll"),
    row("sysntfy", uuid!("c9ac6db5-82b7-4e55-ae8a-e464ed7b4277"), 1, 0, "Impl friendly name", "Winlogon notifications"),
    row("msgsvc", uuid!("17fdd703-1827-4e34-79d4-24a55c53bb37"), 1, 0, "msgsvc", "Messenger, pre-Vista"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::epm::EPMAPPER;

    #[test]
    fn names_and_uuids_are_unique() {
        let names: BTreeSet<_> = KNOWN.iter().map(|known| known.name).collect();
        let uuids: BTreeSet<_> = KNOWN.iter().map(|known| known.id.uuid).collect();
        assert_eq!((names.len(), uuids.len()), (KNOWN.len(), KNOWN.len()));
    }

    #[test]
    fn found_both_ways() {
        let id = by_name("DRSUAPI").map(|known| known.id.to_string());
        assert_eq!(id.as_deref(), Some("e3514235-4b06-11d1-ab04-00c04fc2dcd2 v4.0"));
        assert_eq!(
            by_uuid(EPMAPPER.uuid).map(|known| (known.name, known.id)),
            Some(("epmapper", EPMAPPER))
        );
        assert_eq!(by_name("nothing"), None);
        assert_eq!(by_uuid(Uuid::nil()), None);
    }
}
