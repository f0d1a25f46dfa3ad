//! What a table of events is fed from.

/// What a table of events is fed from, as it stands after `from:`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventFeed {
    /// Every call, without what is particular to it: `all_events`.
    All,
    /// Calls of one type, by its word: `tracks` has those of `track`, without their properties.
    Calls(&'static str),
    /// The latest call of `identify` of each user: `users`.
    Users,
    /// Rows of a table of another system as they are now, from its change documents: `changes:orders`.
    Changes(String),
    /// Every change of such rows: `history:orders`.
    History(String),
    /// Events of one name, in snake case, with their properties: whatever else is said.
    Event(String),
}

/// The tables that each type of call has, by their usual names.
const CALLS: [(&str, &str); 6] = [
    ("tracks", "track"),
    ("identifies", "identify"),
    ("pages", "page"),
    ("screens", "screen"),
    ("groups", "group"),
    ("aliases", "alias"),
];

impl EventFeed {
    /// Reads what stands after `from:`; `event:users` is the event of that name.
    pub fn parse(from: &str) -> Self {
        if let Some(event) = from.strip_prefix("event:") {
            return Self::Event(snake_case(event));
        }
        if let Some(table) = from.strip_prefix("changes:") {
            return Self::Changes(snake_case(table));
        }
        if let Some(table) = from.strip_prefix("history:") {
            return Self::History(snake_case(table));
        }
        match from {
            "all_events" => Self::All,
            "users" => Self::Users,
            _ => match CALLS.iter().find(|(table, _)| *table == from) {
                Some((_, call)) => Self::Calls(call),
                None => Self::Event(snake_case(from)),
            },
        }
    }

    /// The feed of a call: what is particular to it lands there. Events of a `track` have one for each name.
    pub fn of_call(call: &str, event: Option<&str>) -> Option<Self> {
        match (call, event) {
            ("track", event) => event.map(snake_case).filter(|name| !name.is_empty()).map(Self::Event),
            (call, _) => CALLS.iter().find(|(_, known)| *known == call).map(|(_, call)| Self::Calls(call)),
        }
    }

    /// The table's usual name; of rows of another system, what stands after `from:`.
    pub fn table_name(&self) -> String {
        match self {
            Self::All => "all_events".to_owned(),
            Self::Users => "users".to_owned(),
            Self::Calls(call) => {
                CALLS.iter().find(|(_, known)| known == call).map_or(*call, |(table, _)| *table).to_owned()
            }
            Self::Changes(table) => format!("changes:{table}"),
            Self::History(table) => format!("history:{table}"),
            // An event may have the name of one of the tables above.
            Self::Event(name) if Self::parse(name) == *self => name.clone(),
            Self::Event(name) => format!("event_{name}"),
        }
    }
}

/// `Order Completed`, `orderCompleted` and `order-completed` as `order_completed`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_alphanumeric() {
            let begins_word = letter.is_ascii_uppercase()
                && (before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && letters.peek().is_some_and(char::is_ascii_lowercase)));
            if begins_word && !snake.ends_with('_') {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        } else if !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        before = letter;
    }
    let plain = snake.trim_end_matches('_');
    let plain = &plain[..plain.len().min(MOST_NAME)];
    // A name must not begin with a digit.
    if plain.starts_with(|first: char| first.is_ascii_digit()) { format!("_{plain}") } else { plain.to_owned() }
}

/// A name is cut off there.
const MOST_NAME: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds_are_one() {
        for name in ["Order Completed", "orderCompleted", "order-completed", " ORDER  COMPLETED ", "order_completed"] {
            assert_eq!(snake_case(name), "order_completed", "{name}");
        }
        for (name, snake) in [
            ("HTTPServer", "http_server"),
            ("utm2Source", "utm2_source"),
            ("3DView", "_3_d_view"),
            ("é", ""),
            ("$price (€)", "price"),
            ("ID", "id"),
        ] {
            assert_eq!(snake_case(name), snake, "{name}");
        }
    }

    #[test]
    fn feeds_have_names_that_lead_back_to_them() {
        for from in ["all_events", "users", "tracks", "pages", "event:Users", "Order Completed"] {
            let feed = EventFeed::parse(from);
            assert_eq!(EventFeed::of_call("track", Some("Users")).unwrap().table_name(), "event_users");
            if !matches!(feed, EventFeed::Event(ref name) if name == "users") {
                assert_eq!(EventFeed::parse(&feed.table_name()), feed);
            }
        }
        assert_eq!(EventFeed::of_call("page", None), Some(EventFeed::parse("pages")));
        assert_eq!(EventFeed::of_call("track", Some("€")), None);
        assert_eq!(EventFeed::of_call("dance", None), None);
    }
}
