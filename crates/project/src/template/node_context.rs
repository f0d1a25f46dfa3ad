//! What a template knows about the node that it belongs to.

use serde_json::{Map, Value as Json};

use super::TemplateRelation;

/// The node a template is rendered for. All empty for text that belongs to no node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeContext {
    /// `{{ this }}`.
    pub this: Option<TemplateRelation>,
    /// The resolved configuration, for `config.get()` and `config.require()`. While a template is parsed this is what the
    /// project file and the properties file say; calls of `config()` in the template itself are laid over it.
    pub config: Map<String, Json>,
    /// `{{ model }}`: `unique_id`, `name`, `schema`, `alias`, `tags`, `columns`, `meta`, `description`, …
    pub model: Map<String, Json>,
}
