//! The page of the connectors.
use std::fmt::Write as _;

use ade_connect::Registry;

use super::GENERATED;

/// `docs/reference/connectors.md`.
pub(super) fn markdown() -> String {
    let mut out = format!(
        "# Connectors\n\n{GENERATED}\n\nA connection is declared in `ade.yml` under `connections:`. Every setting may refer to a secret, \
         `${{env:NAME}}` or `${{file:path}}`; a setting that is a secret must. How tables are read: [the guide](../guide/sources.md).\n"
    );
    for connector in Registry::builtin().connectors() {
        let _ = write!(out, "\n{}", connector.spec().markdown());
    }
    out
}
