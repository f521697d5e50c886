//! Printed output compared with files.

use std::path::Path;

use expect_test::expect_file;

/// Compares printed text with a file, so that a change of it is seen in review. With
/// `UPDATE_EXPECT=1` the file is written anew.
pub(super) fn is_as_in(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/golden").join(file);
    expect_file![path].assert_eq(text);
}
