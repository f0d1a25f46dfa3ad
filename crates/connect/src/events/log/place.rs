//! A place in the log.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What tells in a table's position which replay of rejected messages it took last.
const REPLAYED: &str = "replayed";
/// What came of the rows that its last commit brought.
const CAME: &str = "came";
/// … of those of the last round, where a replay came after it.
const CAME_BEFORE: &str = "came_before";

/// A place in the log: everything before it, in the order of the log, is read or written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogPlace {
    /// Number of the segment.
    pub segment: u64,
    /// Bytes from its beginning.
    pub offset: u64,
}

impl LogPlace {
    /// The place that a table's position tells.
    pub fn of_position(position: &Value) -> Option<Self> {
        serde_json::from_value(position.get("log")?.clone()).ok()
    }

    /// As the position of a table whose position was `before`: what it says of a replay stays.
    pub fn after(self, before: Option<Value>) -> Value {
        let mut position = self.to_position();
        if let (Some(position), Some(mut before)) = (position.as_object_mut(), before)
            && let Some(replayed) = before.get_mut(REPLAYED)
        {
            position.insert(REPLAYED.to_owned(), replayed.take());
        }
        position
    }

    /// The position of a table that took the replay of this id, where it was `before`. What had come with the last round stays
    /// known.
    pub fn replayed(before: Option<Value>, id: &str) -> Value {
        let mut position = before.filter(Value::is_object).unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        if let Some(members) = position.as_object_mut() {
            if let (false, Some(came)) = (members.contains_key(REPLAYED), members.shift_remove(CAME)) {
                members.insert(CAME_BEFORE.to_owned(), came);
            }
            members.shift_remove(CAME);
            members.insert(REPLAYED.to_owned(), id.into());
        }
        position
    }

    /// Whether a table's position says that it took the replay of this id.
    pub fn is_replayed(position: &Value, id: &str) -> bool {
        position.get(REPLAYED).and_then(Value::as_str) == Some(id)
    }

    /// What a position says of what came with the last round, or with the replay since then.
    pub fn came(position: &Value, of_replay: bool) -> Option<&Value> {
        if of_replay { position.get(CAME) } else { position.get(CAME_BEFORE).or_else(|| position.get(CAME)) }
    }

    /// A position that says what came.
    pub fn with_came(mut position: Value, came: Value) -> Value {
        if let Some(members) = position.as_object_mut() {
            members.insert(CAME.to_owned(), came);
        }
        position
    }

    /// As a table's position.
    pub fn to_position(self) -> Value {
        serde_json::json!({ "log": self })
    }
}
