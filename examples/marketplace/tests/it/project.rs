//! The files of the example project.

use std::collections::BTreeSet;

use ade_example_marketplace::{project_files, write_project};
use tempfile::TempDir;

use crate::folder::files;

#[test]
fn every_file_in_the_folder_is_written() {
    let folder = TempDir::new().unwrap();
    write_project(folder.path(), None).unwrap();
    let here = files(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/project")));
    assert_eq!(files(folder.path()), here);
    let listed: BTreeSet<_> = project_files().iter().map(|file| file.path).collect();
    assert_eq!(listed.len(), project_files().len());
    assert_eq!(project_files()[0].path, "ade.yml");
}
