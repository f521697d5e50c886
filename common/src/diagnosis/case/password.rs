//! The password of the source's machine account, as copies of the directory tell when it was set.

use epmesh_facts::{Reading, Timestamp};

use super::{fresh_evidence::Case, origin::Copy};

/// When the password was set, by one copy of the directory.
#[derive(Clone, Copy)]
pub(in crate::diagnosis) struct PasswordSet<'a> {
    pub(in crate::diagnosis) copy: Copy<'a>,
    pub(in crate::diagnosis) at: &'a Reading<Timestamp>,
}

/// Two copies that tell different times: whose is older, and by when.
#[derive(Clone, Copy)]
pub(in crate::diagnosis) struct OldPassword<'a> {
    pub(in crate::diagnosis) older: PasswordSet<'a>,
    pub(in crate::diagnosis) newer: PasswordSet<'a>,
}

impl<'a> Case<'a> {
    /// When the password of the source's account was set, by each copy of the directory that has the account.
    pub(in crate::diagnosis) fn passwords(&self) -> Vec<PasswordSet<'a>> {
        let source = self.source();
        let of_copy = |copy: Copy<'a>| {
            let mut accounts = copy.objects.accounts.value()?.iter();
            let account = accounts.find(|account| account.host == *source)?;
            Some(PasswordSet { copy, at: &account.password_set })
        };
        self.copies().filter_map(of_copy).collect()
    }

    /// The copies at both ends, where they told different times. A password that was set after the older copy was
    /// read may have come to it since: that says nothing.
    pub(in crate::diagnosis) fn old_password(&self) -> Option<OldPassword<'a>> {
        let passwords = self.passwords();
        let &[here, there] = passwords.as_slice() else { return None };
        let (at_here, at_there) = (here.at.value()?, there.at.value()?);
        let (older, newer, set) = match at_here.cmp(at_there) {
            std::cmp::Ordering::Equal => return None,
            std::cmp::Ordering::Less => (here, there, at_there),
            std::cmp::Ordering::Greater => (there, here, at_here),
        };
        (*set < older.copy.at).then_some(OldPassword { older, newer })
    }
}
