//! Rules about files as such.

super::rules! {
    UNREADABLE_FILE "unreadable-file"
        "A file of the project could not be read, or is not UTF-8 text. Check its permissions and its encoding."
    YAML_SYNTAX "yaml-syntax"
        "The file is not YAML. The place shown is where reading stopped; the cause is often a line above it: a missing colon, a tab in the indentation, a quote that is not closed."
    DUPLICATE_KEY "duplicate-key"
        "A mapping names the same key twice. Most YAML readers silently keep the last one; ade asks which one is meant."
    UNKNOWN_KEY "unknown-key"
        "A key that this kind of file does not have at this place. A misspelt key would otherwise be ignored in silence. Keys of your own belong under `meta`."
    MISSING_KEY "missing-key"
        "A key that is needed at this place is not there. The message names it; the reference of file kinds says what it means."
    WRONG_TYPE "wrong-type"
        "A value has the wrong type, for instance a text where a list is expected."
    UNKNOWN_VALUE "unknown-value"
        "A value that must be one of a fixed list is none of them. The message names the list."
    INVALID_VALUE "invalid-value"
        "A value has the right type but cannot be used, for instance a duration without a unit or a number out of range."
}
