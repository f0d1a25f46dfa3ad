//! `connections:`.

use ade_diagnostic::Diagnostics;
use indexmap::IndexMap;

use super::root_files::{Root, check_name};
use super::setting;
use crate::file::AdeFile;
use crate::resource::{Connection, ConnectionSetting};
use crate::yaml::{Entry, Mapping, Node};

/// All connections by name.
pub(super) fn resolve(ade: Option<&Root<AdeFile>>, problems: &mut Diagnostics) -> IndexMap<String, Connection> {
    let Some(root) = ade else { return IndexMap::new() };
    let declared = root.says.connections.as_ref().and_then(Node::as_mapping).map_or(&[][..], Mapping::entries);
    let resolved = declared.iter().filter_map(|entry| connection(root, entry, problems));
    resolved.map(|connection| (connection.name.clone(), connection)).collect()
}

fn connection(root: &Root<AdeFile>, declared: &Entry, problems: &mut Diagnostics) -> Option<Connection> {
    let file = &root.file;
    let origin = file.location(declared.key_span);
    check_name("connection", &declared.key, || origin.clone(), problems);
    let mapping = declared.value.as_mapping()?;
    let kind = mapping.get("type")?;
    let settings = mapping.entries().iter().filter(|entry| entry.key != "type").map(|entry| {
        let setting = ConnectionSetting {
            value: setting::value(file, &entry.value, problems),
            key_origin: file.location(entry.key_span),
            value_origin: file.location(entry.value.span),
        };
        (entry.key.clone(), setting)
    });
    Some(Connection {
        name: declared.key.clone(),
        kind: kind.as_text()?.to_owned(),
        settings: settings.collect(),
        origin,
        kind_origin: file.location(kind.span),
    })
}
