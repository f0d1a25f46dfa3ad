//! In which form the texts of a column may be written, from all that were looked at.

use super::number_form::NumberForm;
use super::time_form::TimeForm;

/// Forms of dates that are tried, with the times that may follow them. Of those with a slash and few values both fit.
const DATES: [&str; 8] =
    ["%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y", "%Y/%m/%d"];
const TIMES: [&str; 6] = ["", " %H:%M", " %H:%M:%S", " %H:%M:%S%.f", " %I:%M %p", " %I:%M:%S %p"];

/// What was found out of a column's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Guessed {
    /// Numbers with a decimal comma.
    DecimalComma,
    /// Dates in this form.
    Date(String),
    /// Points in time in this form.
    Timestamp(String),
    /// Both forms fit all of them: the day first, or the month.
    EitherWay(String, String),
}

/// The form that fits all texts. Nothing where they are few of sense, or as programs write them.
pub(crate) fn guess(texts: &[&str]) -> Option<Guessed> {
    if texts.is_empty() {
        return None;
    }
    let mut out = String::new();
    let mut has_fraction = false;
    let are_numbers = texts.iter().all(|text| {
        out.clear();
        let written = NumberForm::Comma.usual(text, &mut out);
        has_fraction |= written.is_some_and(|written| written.fraction);
        written.is_some()
    });
    if are_numbers {
        return has_fraction.then_some(Guessed::DecimalComma);
    }
    let mut found: Vec<TimeForm> = Vec::new();
    for text in DATES.iter().flat_map(|date| TIMES.iter().map(move |time| format!("{date}{time}"))) {
        let Ok(form) = TimeForm::new(&text) else { continue };
        if texts.iter().all(|text| form.read(text).is_some()) {
            found.push(form);
        }
    }
    let first = found.first()?;
    let text = first.text().to_owned();
    let other = found.iter().find(|form| form.text().starts_with("%m/") && text.starts_with("%d/"));
    Some(match other {
        Some(other) => Guessed::EitherWay(text, other.text().to_owned()),
        None if first.has_time() => Guessed::Timestamp(text),
        None => Guessed::Date(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Option<Guessed> {
        guess(texts)
    }

    #[test]
    fn one_form_fits_all_or_there_is_none() {
        let date = |text: &str| Some(Guessed::Date(text.to_owned()));
        let timestamp = |text: &str| Some(Guessed::Timestamp(text.to_owned()));
        assert_eq!(of(&["79,52", "1.234,00", "3"]), Some(Guessed::DecimalComma));
        assert_eq!(of(&["1.234", "3"]), None, "it may as well be 1.234");
        assert_eq!(of(&["79,52", "n/a"]), None);
        assert_eq!(of(&["27.12.2026", "1.2.2026"]), date("%d.%m.%Y"));
        assert_eq!(of(&["27.12.26"]), date("%d.%m.%y"));
        assert_eq!(of(&["12/27/2026", "01/02/2026"]), date("%m/%d/%Y"));
        assert_eq!(of(&["27/12/2026", "01/02/2026"]), date("%d/%m/%Y"));
        assert_eq!(of(&["27.12.2026 13:30"]), timestamp("%d.%m.%Y %H:%M"));
        assert_eq!(of(&["12/27/2026 1:30 PM"]), timestamp("%m/%d/%Y %I:%M %p"));
        assert_eq!(
            of(&["03/04/2026", "05/06/2026"]),
            Some(Guessed::EitherWay("%d/%m/%Y".to_owned(), "%m/%d/%Y".to_owned()))
        );
        assert_eq!(of(&["27.12.2026", "soon"]), None);
        assert_eq!(of(&["192.168.100.200"]), None);
        assert_eq!(of(&[]), None);
    }
}
