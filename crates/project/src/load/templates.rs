//! The project's macros, and what templates may ask for while a project is loaded.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use serde_json::Value;

use crate::LoadOptions;
use crate::resource::Environment;
use crate::template::{Argument, NodeContext, Target, Template, TemplateSet, TemplateSettings};

/// Macros and settings, together.
#[derive(Debug)]
pub(super) struct Templates {
    pub(super) set: TemplateSet,
    pub(super) settings: TemplateSettings,
}

impl Templates {
    /// Without macros yet.
    pub(super) fn new(
        project: &str,
        environment: &Environment,
        vars: serde_json::Map<String, Value>,
        options: &LoadOptions,
    ) -> Self {
        let mut target = Target::new(&environment.name, &environment.schema);
        project.clone_into(&mut target.profile_name);
        target.threads = options.threads.max(1);
        let mut settings = TemplateSettings::new(project, target);
        settings.vars = vars;
        settings.env_vars.clone_from(&options.environment_variables);
        settings.full_refresh = options.full_refresh;
        settings.invocation_id.clone_from(&options.invocation_id);
        settings.run_started_at = options.started_at;
        Self { set: TemplateSet::new(project), settings }
    }

    /// Adds a file with macros.
    pub(super) fn add(&mut self, file: &Arc<SourceFile>, problems: &mut Diagnostics) {
        let project = self.settings.project_name.clone();
        problems.extend(self.set.add_file(&project, file));
    }

    /// The value of a text in YAML.
    pub(super) fn evaluate(&self, text: &str, location: &Location) -> Result<Value, Box<Diagnostic>> {
        let relocate = |mut problem: Box<Diagnostic>| {
            problem.location = Some(location.clone());
            problem
        };
        let node = NodeContext::default();
        if let Some(start) = location.text().find(text) {
            let part = location.inner((start..start + text.len()).into());
            let template = Template::parse_part(location.file(), part.span())?;
            return self.set.evaluate(&template, &self.settings, &node);
        }
        // Escapes and folding make the text differ from the file: only the whole of it can be pointed at.
        let file = SourceFile::new(location.path(), text);
        let template = Template::parse(&file).map_err(relocate)?;
        self.set.evaluate(&template, &self.settings, &node).map_err(relocate)
    }

    /// A name that a macro of the project makes; `None` when there is no such macro.
    pub(super) fn name_by_macro(
        &self,
        name: &str,
        arguments: &[(&str, Argument)],
        node: &NodeContext,
        problems: &mut Diagnostics,
    ) -> Option<String> {
        match self.set.call(name, arguments, &self.settings, node, None)? {
            Ok(compiled) => Some(compiled.text.trim().to_owned()).filter(|name| !name.is_empty()),
            Err(problem) => {
                problems.push(*problem);
                None
            }
        }
    }
}
