//! Links between the pages lead somewhere.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::root;

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let pages: BTreeMap<PathBuf, String> = pages();
    let mut dead = Vec::new();
    for (page, text) in &pages {
        for link in prose(text).split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            if link.contains("://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { plain(&page.parent().unwrap().join(path)) };
            let found = root().join(&target).exists()
                && (heading.is_empty()
                    || pages.get(&target).is_some_and(|text| headings(text).any(|known| known == heading)));
            if !found {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

fn pages() -> BTreeMap<PathBuf, String> {
    let mut paths = Vec::new();
    for dir in ["", "docs", "docs/guide", "docs/reference"] {
        let entries = fs::read_dir(root().join(dir)).unwrap().map(|entry| entry.unwrap().file_name());
        paths.extend(entries.map(|name| Path::new(dir).join(name)));
    }
    paths.retain(|path| path.extension().is_some_and(|end| end == "md"));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(root().join(path)).unwrap())).collect()
}

/// The text without blocks of code.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect()
}

/// The anchors of the headings, as GitHub makes them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        title.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')).collect()
    })
}

fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            out.pop();
        } else {
            out.push(part);
        }
    }
    out
}
