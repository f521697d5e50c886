//! The host, as its registry tells it: version, how it was started, site and forest.

use epmesh_facts::{BootMode, DnsName, OsVersion, Reading};
use epmesh_identity::dn::rdns;

use super::{
    keys,
    registry::Registry,
    typed::{filled, number, text},
};

/// The version. Windows Server 2016 and later give the first two numbers each in a value of its
/// own and hold `CurrentVersion` at `6.3` for old programs; before that `CurrentVersion` is all
/// there is.
#[must_use]
pub fn version(registry: &dyn Registry) -> Reading<OsVersion> {
    let key = keys::CURRENT_VERSION;
    let build = match text(registry, key, "CurrentBuildNumber") {
        Reading::Absent => text(registry, key, "CurrentBuild"),
        other => other,
    };
    let build: u32 = match build {
        Reading::Value(text) => match text.trim().parse() {
            Ok(build) => build,
            Err(_) => return odd("CurrentBuildNumber", &text),
        },
        // Every Windows has it: nothing here is a failure to read.
        Reading::Absent | Reading::NotApplicable => return missing("CurrentBuildNumber"),
        Reading::Unreadable(why) => return Reading::Unreadable(why),
    };
    let own = (
        number(registry, key, "CurrentMajorVersionNumber"),
        number(registry, key, "CurrentMinorVersionNumber"),
    );
    match own {
        (Reading::Value(major), Reading::Value(minor)) => {
            return Reading::Value(OsVersion { major, minor, build });
        }
        (Reading::Unreadable(why), _) | (_, Reading::Unreadable(why)) => {
            return Reading::Unreadable(why);
        }
        _ => {}
    }
    let current = match text(registry, key, "CurrentVersion") {
        Reading::Value(text) => text,
        Reading::Absent | Reading::NotApplicable => return missing("CurrentVersion"),
        Reading::Unreadable(why) => return Reading::Unreadable(why),
    };
    let numbers = current
        .trim()
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    match numbers {
        Some((major, minor)) => Reading::Value(OsVersion { major, minor, build }),
        None => odd("CurrentVersion", &current),
    }
}

/// The operating system as it names itself: product, service pack or update level, and whether it
/// is installed without a desktop.
#[must_use]
pub fn product(registry: &dyn Registry) -> Reading<String> {
    let key = keys::CURRENT_VERSION;
    let name = match filled(text(registry, key, "ProductName")) {
        Reading::Value(name) => name,
        Reading::Absent | Reading::NotApplicable => return missing("ProductName"),
        Reading::Unreadable(why) => return Reading::Unreadable(why),
    };
    let mut product = name.trim().to_owned();
    if let Some(pack) = filled(text(registry, key, "CSDVersion")).value() {
        product = format!("{product} {pack}");
    }
    if let Some(version) = version(registry).value() {
        let OsVersion { major, minor, build } = version;
        product = match number(registry, key, "UBR").value() {
            Some(update) => format!("{product} ({major}.{minor}.{build}.{update})"),
            None => format!("{product} ({major}.{minor}.{build})"),
        };
    }
    if text(registry, key, "InstallationType").value().is_some_and(|kind| kind == "Server Core") {
        product.push_str(", Server Core");
    }
    Reading::Value(product)
}

/// The mode in which the host was started. `clean_boot` is what `GetSystemMetrics(SM_CLEANBOOT)` says, where it
/// was asked: 0 is a normal start.
///
/// The key is written anew at every start into a safe mode and is not there after a normal one;
/// scripts leave it behind. The two disagreeing is "could not be read", with both named. Its
/// numbers are those of the kernel's `InitSafeBootMode`, of which 3 is for domain controllers.
#[must_use]
pub fn boot_mode(registry: &dyn Registry, clean_boot: Option<u32>) -> Reading<BootMode> {
    let option = match number(registry, keys::SAFE_BOOT, "OptionValue") {
        Reading::Value(option) => option,
        // Without the value the key says nothing; the system's own word remains.
        Reading::Absent | Reading::NotApplicable => 0,
        Reading::Unreadable(why) => return Reading::Unreadable(why),
    };
    let mode = match option {
        0 => BootMode::Normal,
        1 => BootMode::Safe,
        2 => BootMode::SafeWithNetwork,
        3 => BootMode::DirectoryRepair,
        other => {
            return Reading::unseen(format!(
                "OptionValue of HKLM\\{} is {other}, which means nothing known",
                keys::SAFE_BOOT
            ));
        }
    };
    match clean_boot {
        Some(clean) if (clean == 0) != (mode == BootMode::Normal) => Reading::unseen(format!(
            "HKLM\\{} says {option} and SM_CLEANBOOT says {clean}: one of a normal start, the \
                 other of a safe mode",
            keys::SAFE_BOOT
        )),
        _ => Reading::Value(mode),
    }
}

/// The site: the one that is configured, else the one that Netlogon found
/// (`SiteName` and `DynamicSiteName`, KB 247811), else the one in which the NTDS Settings object
/// lies.
#[must_use]
pub fn site(registry: &dyn Registry) -> Reading<String> {
    for name in ["SiteName", "DynamicSiteName"] {
        match filled(text(registry, keys::NETLOGON, name)) {
            // Netlogon writes it with a closing zero in some versions.
            Reading::Value(site) => return Reading::Value(site.trim_matches(['\0', ' ']).into()),
            Reading::Unreadable(why) => return Reading::Unreadable(why),
            Reading::Absent | Reading::NotApplicable => {}
        }
    }
    match settings(registry) {
        Reading::Value(settings) => settings.site.map_or(Reading::Absent, Reading::Value),
        Reading::Absent => Reading::Absent,
        Reading::NotApplicable => Reading::NotApplicable,
        Reading::Unreadable(why) => Reading::Unreadable(why),
    }
}

/// The forest root domain, from where the NTDS Settings object lies. Absent on a host that is no
/// domain controller.
#[must_use]
pub fn forest(registry: &dyn Registry) -> Reading<DnsName> {
    settings(registry).map(|settings| settings.forest)
}

/// The place of this domain controller's own NTDS Settings object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnSettings {
    /// Its distinguished name.
    pub dn: String,
    /// The name of the server object above it.
    pub server: Option<String>,
    /// The site it lies in.
    pub site: Option<String>,
    /// The forest root domain.
    pub forest: DnsName,
}

/// The place that `Machine DN Name` of the directory service gives. Absent on a host that is no domain
/// controller.
#[must_use]
pub fn settings(registry: &dyn Registry) -> Reading<OwnSettings> {
    let dn = match filled(text(registry, keys::NTDS, "Machine DN Name")) {
        Reading::Value(dn) => dn,
        Reading::Absent | Reading::NotApplicable => return Reading::Absent,
        Reading::Unreadable(why) => return Reading::Unreadable(why),
    };
    match parse_settings(&dn) {
        Some(settings) => Reading::Value(settings),
        None => odd("Machine DN Name", &dn),
    }
}

/// `CN=NTDS Settings,CN=server,CN=Servers,CN=site,CN=Sites,CN=Configuration,DC=…`.
fn parse_settings(dn: &str) -> Option<OwnSettings> {
    let parts = rdns(dn)?;
    let common = |at: usize| {
        let (kind, name) = parts.get(at)?;
        kind.eq_ignore_ascii_case("CN").then_some(name.as_str())
    };
    if !common(0)?.eq_ignore_ascii_case("NTDS Settings") {
        return None;
    }
    let labels: Vec<&str> = parts
        .iter()
        .filter(|(kind, _)| kind.eq_ignore_ascii_case("DC"))
        .map(|(_, label)| label.as_str())
        .collect();
    let under = |at: usize, container: &str| {
        common(at).is_some_and(|name| name.eq_ignore_ascii_case(container))
    };
    Some(OwnSettings {
        dn: dn.chars().take(1024).collect(),
        server: under(2, "Servers").then(|| common(1)).flatten().map(str::to_owned),
        site: under(4, "Sites").then(|| common(3)).flatten().map(str::to_owned),
        forest: labels.join(".").parse().ok()?,
    })
}

fn missing<T>(name: &str) -> Reading<T> {
    Reading::unseen(format!("the registry has no value {name}, which every Windows host has"))
}

fn odd<T>(name: &str, data: &str) -> Reading<T> {
    let data: String = data.chars().take(100).collect();
    Reading::unseen(format!("the registry value {name} is {data:?}, which has another form"))
}
