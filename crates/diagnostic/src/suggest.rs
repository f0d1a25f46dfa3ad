//! "Did you mean …?".

/// The candidate that most resembles `word`, if any does: few edits (a swap of neighbours is one) for its
/// length, or the same letters but for case, `-`, `_` and spaces.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(word);
    let allowed = 1 + folded.chars().count() / 4;
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .map(|candidate| (distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The hint for [`suggest`]'s answer.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    suggest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

fn fold(word: &str) -> String {
    word.chars()
        .map(|character| if matches!(character, '-' | ' ') { '_' } else { character })
        .collect::<String>()
        .to_lowercase()
}

fn distance(word: &str, candidate: &str) -> usize {
    let squeezed = |text: &str| text.replace('_', "");
    if squeezed(word) == squeezed(candidate) {
        return 0;
    }
    // A plural, an ending more or less, or the first word of several (`min` for `min_value`) is as close as one slip.
    let (short, long) = if word.len() < candidate.len() { (word, candidate) } else { (candidate, word) };
    if let Some(ending) = long.strip_prefix(short)
        && ((short.len() >= 4 && ending.len() <= 3) || (short.len() >= 3 && ending.starts_with('_')))
    {
        return 1;
    }
    strsim::osa_distance(word, candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_other_spellings_but_nothing_far() {
        let keys = ["columns", "description", "data_tests", "unique_key", "name"];
        assert_eq!(suggest("colums", keys), Some("columns"));
        assert_eq!(suggest("descripton", keys), Some("description"));
        assert_eq!(suggest("data-tests", keys), Some("data_tests"));
        assert_eq!(suggest("uniqueKey", keys), Some("unique_key"));
        assert_eq!(suggest("nmae", keys), Some("name"));
        assert_eq!(suggest("descriptions", keys), Some("description"));
        assert_eq!(suggest("min", ["max_value", "min_value"]), Some("min_value"));
        assert_eq!(suggest("warning", ["error", "warn"]), Some("warn"));
        assert_eq!(suggest("freshness", keys), None);
        assert_eq!(suggest("id", keys), None);
        assert_eq!(suggest("get_macro", ["_private_name"]), None);
        assert_eq!(did_you_mean("colums", keys).as_deref(), Some("did you mean `columns`?"));
    }

    #[test]
    fn prefers_the_nearest() {
        assert_eq!(suggest("stg_order", ["stg_payments", "stg_orders", "stg_order_items"]), Some("stg_orders"));
    }
}
