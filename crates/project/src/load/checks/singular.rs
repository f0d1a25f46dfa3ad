//! The files in `tests/`: each is a query that must find nothing.

use std::sync::Arc;

use ade_diagnostic::{Diagnostics, SourceFile};
use serde_json::{Value, json};

use super::{Context, FoundCheck, resolve_uses, settings};
use crate::file::SingularTestDeclaration;
use crate::load::config;
use crate::load::context::stem;
use crate::load::declarations::Declared;
use crate::load::names::Names;
use crate::load::root_files::check_file_name;
use crate::resource::CheckKind;
use crate::template::{NodeContext, Template};
use crate::{NodeId, NodeKind};

/// Reads one file; `None` when it is switched off or not readable.
pub(in crate::load) fn singular(
    file: &Arc<SourceFile>,
    declared: Option<&Declared<SingularTestDeclaration>>,
    context: &Context<'_>,
    names: &Names,
    problems: &mut Diagnostics,
) -> Option<(FoundCheck, Template)> {
    let name = stem(file).to_owned();
    check_file_name("data test", &name, || file.top(), problems);
    let fqn = context.fqn(file.path(), &[&name]);
    let mut config = context.checks.config(&fqn);
    if let Some(declared) = declared {
        config.lay(&declared.file, config::entries(declared.says.config.as_ref()));
    }
    let (template, mistakes) = Template::read(file);
    let id = NodeId::new(NodeKind::Test, &[context.project, &name]);
    let about =
        json!({ "unique_id": id.as_str(), "name": name, "resource_type": "test", "package_name": context.project });
    let Value::Object(about) = about else { return None };
    let node = NodeContext { this: None, config: config.to_json(), model: about };
    let parsed = context.templates.set.parse(&template, &context.templates.settings, &node);
    for (file, entry) in config::call_entries(&parsed.uses) {
        let checked = context.checks.kind.check(&file, entry, problems);
        config.lay(&file, &checked);
    }
    if !config.is_enabled() {
        return None;
    }
    problems.extend(mistakes);
    problems.extend(parsed.diagnostics);
    let mut depends_on = resolve_uses(&parsed.uses, names, problems);
    depends_on.sort();
    depends_on.dedup();
    let kind = CheckKind::Singular { path: file.path().to_owned() };
    let mut check = settings::resolve(id, name.clone(), &name, kind, fqn, &config, file.top(), context, problems);
    check.description = declared.map_or_else(String::new, |declared| {
        context.docs.resolve(&declared.file, declared.says.description.as_ref(), problems)
    });
    Some((FoundCheck { check, depends_on, uses: parsed.uses, test_name: None }, template))
}
