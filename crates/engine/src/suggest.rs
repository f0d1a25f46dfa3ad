//! Did you mean.

/// The candidate that `word` was probably meant to be: at most a third of its letters differ.
pub(crate) fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = word.to_lowercase();
    let allowed = (lower.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, candidate)| (*distance, (*candidate).to_owned()))
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_only() {
        assert_eq!(closest("custmer_id", ["customer_id", "order_id"]), Some("customer_id".to_owned()));
        assert_eq!(closest("zebra", ["customer_id", "order_id"]), None);
        assert_eq!(closest("a", ["b"]), None);
    }
}
