//! The section that is made of the answers.

use epmesh_facts::{Directory, Reading};

use super::{objects::Settings, own::Own};

/// The section on the directory.
pub fn section(settings: Reading<Settings>, own: Reading<Own>) -> Directory {
    Directory {
        settings: settings.clone().map(|settings| settings.list),
        settings_unread: settings.map(|settings| settings.unread),
        invocation_id: own.clone().map(|own| own.invocation_id),
        levels: own.clone().map(|own| own.levels),
        global_catalog: own.clone().map(|own| own.global_catalog),
        read_only: own.map(|own| own.read_only),
    }
}
