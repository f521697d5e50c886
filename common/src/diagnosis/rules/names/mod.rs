//! Name resolution: it leads nowhere, or to another host.

mod alias;
mod blame;
mod disagree;
mod holders;
mod right_beside_wrong;
mod silent;
mod unanswered;
mod wrong_address;

pub(super) use self::{
    alias::alias_missing,
    disagree::{disagreement, disagreement_in_trouble},
    right_beside_wrong::right_beside_wrong,
    silent::astray_in_silence,
    unanswered::{address_missing, every_server_answered, unanswered, until_forgotten},
    wrong_address::{all_are_stated, elsewhere, wrong_address},
};
pub(in crate::diagnosis) use self::{
    alias::{alias_astray, alias_twice},
    wrong_address::wrongs,
};
