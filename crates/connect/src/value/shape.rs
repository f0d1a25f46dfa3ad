//! Values described without showing them.

/// The shape of a text for messages: never the text.
pub(crate) fn shape(text: &str) -> String {
    match text.as_bytes().first() {
        None => "empty text".to_owned(),
        Some(b'{') if text.ends_with('}') => "a JSON object".to_owned(),
        Some(b'[') if text.ends_with(']') => "a JSON array".to_owned(),
        _ => match text.chars().count() {
            1 => "text of 1 character".to_owned(),
            count => format!("text of {count} characters"),
        },
    }
}
