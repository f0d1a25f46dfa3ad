//! Rules about what refers to what.

super::rules! {
    UNKNOWN_REF "unknown-ref"
        "`ref()` names a model, seed or snapshot that does not exist, or is not spelt like this."
    DISABLED_REF "disabled-ref"
        "`ref()` or `source()` names something that is switched off with `enabled: false`."
    UNKNOWN_SOURCE "unknown-source"
        "`source()` names a source or a table of it that no YAML file declares."
    CYCLE "cycle"
        "Models depend on each other in a circle, so none of them can be built first. Inside one model, use `{{ this }}` for its own table."
    HARD_CODED_RELATION "hard-coded-relation"
        "SQL names a table or view of the project by itself. Without `ref()` or `source()` nothing knows that the one is made from the other: they are built in any order, a change does not reach what is behind it, and another environment reads the tables of this one."
    UNKNOWN_SELECTION "unknown-selection"
        "A selection matches nothing, which is nearly always a slip. A name, path or source that nothing has is an error, a tag, state or configuration that no node has a warning."
    INVALID_SELECTOR "invalid-selector"
        "A selection is empty, or not written in dbt's selector grammar."
}
