//! Random scenes: one link whose names and whose wire are as the dice say, in the scenarios' form. They are
//! there for what no fault of the fleets makes: sources of names that disagree, several addresses of which some
//! answer, and every failure at every stage.

use super::super::dice::Dice;

/// dc2 itself, and its second address where it has one.
const RIGHT: &str = "10.0.1.12";
const SECOND: &str = "10.0.3.12";
/// Its IPv6 address, and one that nobody has.
const V6: &str = "fd00:1::12";
const V6_DEAD: &str = "fd00:1::99";
/// A member server, a printer, another domain controller, nobody.
const OTHERS: [&str; 4] = ["10.0.1.50", "10.0.1.60", "10.0.2.13", "10.0.1.99"];
const ALIAS: &str = "22222222-0000-4000-8000-000000000002._msdcs.contoso.com";

/// The scene of a seed, as the text of a scenario.
#[must_use]
pub fn scene(seed: u64) -> String {
    let mut dice = Dice::new(seed ^ 0x5ce7e);
    let mut scene =
        Scene { has_second: dice.chance(25), has_v6: dice.chance(20), text: Vec::new() };
    let (mut client, mut server) = (Vec::new(), Vec::new());
    let mut own = vec![format!("\"{RIGHT}\"")];
    own.extend(scene.has_second.then(|| format!("\"{SECOND}\"")));
    own.extend(scene.has_v6.then(|| format!("\"{V6}\"")));
    if own.len() > 1 {
        server.push(format!("addresses = [{}]", own.join(", ")));
    }
    if scene.has_v6 {
        client.push("addresses = [\"10.0.1.11\", \"fd00:1::11\"]".to_owned());
    }
    if dice.chance(15) {
        server.push("agent = false".to_owned());
    }
    if dice.chance(12) {
        scene.text.insert(0, "platform = \"samba\"".to_owned());
    }
    scene.files(&mut dice, &mut client);
    scene.table("dc1", &client);
    scene.table("dc2", &server);
    if dice.chance(10) {
        let guid = "aaaaaaaa-0000-4000-8000-0000000000aa";
        scene.table(
            "dc1.directory",
            &[format!("dc2 = {{ guid = \"{guid}\", created = \"900d\" }}")],
        );
    }
    if dice.chance(15) {
        let code = dice.one(&[0, 5, 1398, 1722, 1753, 8453, 8524]).unwrap_or(0);
        let failures = if code == 0 { 0 } else { 3 };
        scene.table(
            "dc1.replication",
            &[format!("dc2 = {{ result = {code}, failures = {failures} }}")],
        );
    }
    scene.dns(&mut dice);
    if client.iter().any(|line| line.starts_with("wins")) {
        let said = match dice.below(3) {
            0 => "answers = \"timed out\"".to_owned(),
            // WINS has IPv4 addresses alone.
            _ => format!("DC2 = [\"{}\"]", dice.one(&OTHERS).unwrap_or(RIGHT)),
        };
        scene.table("wins.\"10.0.1.5\"", &[said]);
    }
    scene.server(&mut dice);
    scene.wire(&mut dice);
    scene.table("expect", &["state = \"healthy\"".to_owned(), "cause = \"healthy\"".to_owned()]);
    format!("title = \"scene {seed}\"\nwhy = \"dice\"\n{}\n", scene.text.join("\n"))
}

struct Scene {
    has_second: bool,
    has_v6: bool,
    text: Vec<String>,
}

impl Scene {
    fn table(&mut self, name: &str, lines: &[String]) {
        if !lines.is_empty() {
            self.text.push(format!("[{name}]\n{}", lines.join("\n")));
        }
    }

    fn item(&mut self, name: &str, lines: &[String]) {
        self.text.push(format!("[[{name}]]\n{}", lines.join("\n")));
    }

    fn address(&self, dice: &mut Dice) -> &'static str {
        if self.has_v6 && dice.chance(15) {
            return if dice.chance(50) { V6 } else { V6_DEAD };
        }
        if dice.chance(40) {
            return if self.has_second && dice.chance(50) { SECOND } else { RIGHT };
        }
        dice.one(&OTHERS).unwrap_or(RIGHT)
    }

    /// dc1's own sources of names.
    fn files(&self, dice: &mut Dice, client: &mut Vec<String>) {
        if dice.chance(15) {
            let names = dice.one(&["dc2.contoso.com", ALIAS]).unwrap_or(ALIAS);
            client.push(format!("hosts = [\"7: {} {names}\"]", self.address(dice)));
        }
        if dice.chance(15) {
            let address = self.address(dice);
            let kind = if address.contains(':') { "AAAA" } else { "A" };
            let held = match dice.below(5) {
                0 => format!("\"{ALIAS} CNAME app1\", \"app1 A 10.0.1.50\""),
                1 => format!("\"{ALIAS} CNAME dc2\", \"dc2 {kind} {address}\""),
                2 => format!("\"{ALIAS} CNAME dc3\", \"dc3 A 10.0.2.13\""),
                _ => format!("\"dc2 {kind} {address}\""),
            };
            client.push(format!("dns-client-cache = [{held}]"));
        }
        if dice.chance(15) {
            let pre = if dice.chance(50) { " #PRE" } else { "" };
            client.push(format!("lmhosts = [\"5: {} DC2{pre}\"]", self.address(dice)));
        }
        if dice.chance(8) {
            client.push("wins-servers = [\"10.0.1.5\"]".to_owned());
        }
        let servers = [
            "\"10.0.2.13\", \"10.0.1.11\"",
            "\"10.0.2.13\"",
            "\"10.0.1.11\"",
            "\"10.0.1.99\", \"10.0.1.11\"",
            "\"10.0.1.99\"",
        ];
        if dice.chance(30) {
            client.push(format!("dns-servers = [{}]", dice.one(&servers).unwrap_or(servers[0])));
        }
    }

    /// What the DNS servers hold.
    fn dns(&mut self, dice: &mut Dice) {
        let places =
            dice.one(&[&["dns.all"][..], &["dns.dc1"], &["dns.dc3"], &["dns.dc1", "dns.dc3"]]);
        for place in places.unwrap_or(&["dns.all"]) {
            let mut zone = Vec::new();
            if dice.chance(40) {
                let count = dice.one(&[0, 1, 1, 2, 2, 3]).unwrap_or(1);
                let mut held: Vec<String> = Vec::new();
                for _ in 0..count {
                    let address = format!("\"{}\"", self.address(dice));
                    if !held.contains(&address) && !address.contains(':') {
                        held.push(address);
                    }
                }
                zone.push(format!("\"dc2 A\" = [{}]", held.join(", ")));
            }
            if self.has_v6 && dice.chance(30) {
                let held = dice.one(&["", V6, V6_DEAD]).unwrap_or(V6);
                let held = if held.is_empty() { String::new() } else { format!("\"{held}\"") };
                zone.push(format!("\"dc2 AAAA\" = [{held}]"));
            }
            if dice.chance(20) {
                let leads = dice.one(&["", "\"app1\"", "\"dc3\"", "\"gone\""]).unwrap_or("");
                zone.push(format!("\"alias-of-dc2 CNAME\" = [{leads}]"));
            }
            if dice.chance(20) {
                let said =
                    dice.one(&["timed out", "refused", "server failure"]).unwrap_or("refused");
                zone.push(format!("answers = \"{said}\""));
            }
            self.table(place, &zone);
        }
    }

    /// dc2's own state.
    fn server(&mut self, dice: &mut Dice) {
        match dice.below(14) {
            0 => self.table("dc2.services", &["NTDS = \"stopped\"".to_owned()]),
            1 => self.table("dc2.map", &["drsuapi = []".to_owned()]),
            2 => self.table("dc2.map", &["drsuapi = [\"ncacn_np:\\\\pipe\\\\lsass\"]".to_owned()]),
            3 => self.table("dc2.ports", &["closed = [135]".to_owned()]),
            4 => self.table("dc2.ports", &["closed = [49667]".to_owned()]),
            5 => self.table("dc2.registry", &["RestrictRemoteClients = 2".to_owned()]),
            6 => self.table("dc1.services", &["NTDS = \"stopped\"".to_owned()]),
            _ => {}
        }
    }

    /// What becomes of calls.
    fn wire(&mut self, dice: &mut Dice) {
        if dice.chance(25) {
            let from =
                dice.one(&["\"dc1\"", "\"everybody\"", "\"site Branch\""]).unwrap_or("\"dc1\"");
            let to = if dice.chance(50) { "dc2" } else { self.address(dice) };
            let ports = dice.one(&["135", "dynamic", "any", "dns"]).unwrap_or("135");
            let kind = dice.one(&["timed out", "refused", "reset"]).unwrap_or("timed out");
            self.item(
                "blocked",
                &[
                    format!("from = {from}"),
                    format!("to = \"{to}\""),
                    format!("ports = [\"{ports}\"]"),
                    format!("as = \"{kind}\""),
                ],
            );
        }
        if dice.chance(35) {
            let at = self.address(dice);
            let mut seen = vec!["by = \"dc1\"".to_owned(), format!("at = \"{at}\"")];
            let late = ["timed out", "reset", "unfinished", "not understood: HTTP/1.1 400"];
            match dice.below(5) {
                0 => {
                    let said =
                        dice.one(&["refused", "timed out", "unreachable"]).unwrap_or("refused");
                    seen.push(format!("port-135 = \"{said}\""));
                }
                1 => {
                    let more =
                        ["access denied", "bind refused 0", "bind refused 2", "another interface"];
                    let all = [&late[..], &more].concat();
                    seen.push("port-135 = \"ok\"".to_owned());
                    seen.push(format!("bind-135 = \"{}\"", dice.one(&all).unwrap_or("reset")));
                }
                2 => {
                    let more = [
                        "not registered",
                        "access denied",
                        "fault 0x1c010003",
                        "status 0x16c9a0cd",
                    ];
                    let all = [&late[..], &more].concat();
                    for before in ["port-135", "bind-135"] {
                        seen.push(format!("{before} = \"ok\""));
                    }
                    seen.push(format!("ept-map = \"{}\"", dice.one(&all).unwrap_or("reset")));
                }
                3 => {
                    let said = dice.one(&["refused", "timed out", "reset"]).unwrap_or("refused");
                    for before in
                        ["port-135 = \"ok\"", "bind-135 = \"ok\"", "ept-map = \"port 49667\""]
                    {
                        seen.push(before.to_owned());
                    }
                    seen.push(format!("port = \"{said}\""));
                }
                _ => {
                    let more = ["access denied", "another interface", "bind refused 2"];
                    let all = [&late[..], &more].concat();
                    for before in ["port-135", "bind-135", "port"] {
                        seen.push(format!("{before} = \"ok\""));
                    }
                    seen.push("ept-map = \"port 49667\"".to_owned());
                    seen.push(format!("bind = \"{}\"", dice.one(&all).unwrap_or("reset")));
                }
            }
            self.item("seen", &seen);
        }
    }
}
