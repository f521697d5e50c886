//! What is printed, beside files of what was.

use std::{env, fs, path::Path};

/// What is printed stands in a file, so that a change of it is seen in review. With
/// `EPMESH_BLESS` set, the file is written anew.
pub(super) fn is_as_in(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/golden").join(file);
    if env::var_os("EPMESH_BLESS").is_some() {
        fs::write(&path, text).expect("the file can be written");
    }
    let expected = fs::read_to_string(&path).expect("the file is there");
    assert_eq!(text, expected, "{file}: EPMESH_BLESS=1 writes it anew");
}
