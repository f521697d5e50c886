//! The service of a domain controller that serves an RPC interface.

use epmesh_facts::{Service, ServiceRole, Services};
use epmesh_rpc::InterfaceId;
use uuid::{Uuid, uuid};

/// Interfaces that another process than the directory's serves, each with the service's name on Windows, and
/// with its role where names differ.
const OTHERS: [(Uuid, &str, Option<ServiceRole>); 9] = [
    (
        uuid!("e1af8308-5d1f-11c9-91a4-08002b14a0fa"),
        "RpcEptMapper",
        Some(ServiceRole::EndpointMapper),
    ),
    (uuid!("12345678-1234-abcd-ef00-01234567cffb"), "Netlogon", Some(ServiceRole::Netlogon)),
    // On Samba the task that serves the directory's interfaces serves this one too.
    (uuid!("50abc2a4-574d-40b3-9d66-ee4fd5fba076"), "DNS", Some(ServiceRole::DirectoryRpc)),
    (uuid!("897e2e5f-93f3-4376-9c9c-fd2277495c27"), "DFSR", None),
    (uuid!("f5cc59b4-4264-101a-8c59-08002b2f8426"), "NtFrs", None),
    (uuid!("d049b186-814f-11d1-9a3c-00c04fc9b232"), "NtFrs", None),
    (uuid!("8fb6d884-2388-11d0-8c35-00c04fda2795"), "W32Time", None),
    (uuid!("130ceefb-e466-11d1-b78b-00c04fa32883"), "IsmServ", None),
    (uuid!("4fc742e0-4a10-11cf-8273-00aa004ae673"), "Dfs", None),
];

/// The interfaces that the directory's process serves: lsass on Windows, the RPC task on Samba.
const DIRECTORY: [Uuid; 11] = [
    uuid!("e3514235-4b06-11d1-ab04-00c04fc2dcd2"),
    uuid!("7c44d7d4-31d5-424c-bd5e-2b3e1f323d22"),
    uuid!("f5cc5a18-4264-101a-8c59-08002b2f8426"),
    uuid!("1544f5e0-613c-11d1-93df-00c04fd7bd09"),
    uuid!("12345778-1234-abcd-ef00-0123456789ab"),
    uuid!("12345778-1234-abcd-ef00-0123456789ac"),
    uuid!("3919286a-b10c-11d0-9ba8-00c04fd92ef5"),
    uuid!("3dde7c30-165d-11d1-ab8f-00805f14db40"),
    uuid!("b9785960-524f-11df-8b6d-83dcded72085"),
    uuid!("ecec0d70-a603-11d0-96b1-00a0c91ece30"),
    uuid!("16e0cf3a-a604-11d0-96b1-00a0c91ece30"),
];

/// The service that serves `interface`, where the list of services could be read and has it. `None` as well
/// for an interface whose service is not known here.
#[must_use]
pub fn serving(services: &Services, interface: InterfaceId) -> Option<&Service> {
    let list = services.list.value()?;
    if let Some((_, name, role)) = OTHERS.iter().find(|(uuid, ..)| *uuid == interface.uuid) {
        let named = list.iter().find(|service| service.name.eq_ignore_ascii_case(name));
        // A Windows host has the service under its name, or does not have it.
        let windows = list.iter().any(|service| service.name.eq_ignore_ascii_case("RpcSs"));
        return named.or_else(|| role.filter(|_| !windows).and_then(|r| services.with_role(r)));
    }
    if !DIRECTORY.contains(&interface.uuid) {
        return None;
    }
    services
        .with_role(ServiceRole::DirectoryRpc)
        .or_else(|| services.with_role(ServiceRole::Directory))
}
