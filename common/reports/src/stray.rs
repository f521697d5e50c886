//! Lines of no known report that name an error as `1753 (0x6d9)`: such a pair of numbers is nothing else.

use super::{
    outcome::Outcome,
    page::{Page, number},
    scan,
    told::{Party, Told, Tool},
};

/// Takes every such line.
pub(super) fn read(page: &mut Page<'_>) {
    for at in 0..page.len() {
        let Some(line) = page.open(at) else { continue };
        let Some(code) = scan::paired_code(line).filter(|code| *code != 0) else { continue };
        let mut told = Told::new(Tool::Unknown, vec![number(at)]);
        told.code = Some(code);
        told.outcome = Outcome::Failed;
        let host = line.split_whitespace().find(|word| {
            let word = word.trim_end_matches([',', '.', ':']);
            word.contains('.') && scan::is_host(word)
        });
        told.source = host.and_then(|host| Party::named(host.trim_end_matches([',', '.', ':'])));
        line.clone_into(&mut told.words);
        page.tell(told);
    }
}
