//! Arrays as PostgreSQL writes them.

/// The elements of a one-dimensional array: `{1,NULL,"a \"b\", c"}`. PostgreSQL's manual, 8.15.6 “Array Input and Output
/// Syntax”. `Err`: it is not one, or has more dimensions.
pub(crate) fn elements(text: &[u8]) -> Result<Vec<Option<Vec<u8>>>, ()> {
    // Bounds that do not begin at one are written before it: `[0:1]={1,2}`.
    let text = match text {
        [b'[', ..] => &text[text.iter().position(|byte| *byte == b'=').ok_or(())? + 1..],
        _ => text,
    };
    let [b'{', inner @ .., b'}'] = text else { return Err(()) };
    let mut found = Vec::new();
    let mut rest = inner;
    while !rest.is_empty() {
        let element = match rest {
            [b'{', ..] => return Err(()),
            [b'"', quoted @ ..] => {
                let (element, behind) = unquoted(quoted)?;
                rest = behind;
                Some(element)
            }
            _ => {
                let end = rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len());
                let (element, behind) = rest.split_at(end);
                rest = behind;
                (element != b"NULL").then(|| element.to_vec())
            }
        };
        found.push(element);
        match rest {
            [] => {}
            // What follows a comma is an element.
            [b',', behind @ ..] if !behind.is_empty() => rest = behind,
            _ => return Err(()),
        }
    }
    Ok(found)
}

/// Up to the closing quote, and what is behind it.
fn unquoted(mut rest: &[u8]) -> Result<(Vec<u8>, &[u8]), ()> {
    let mut element = Vec::new();
    loop {
        match rest {
            [b'"', behind @ ..] => return Ok((element, behind)),
            [b'\\', byte, behind @ ..] | [byte, behind @ ..] => {
                element.push(*byte);
                rest = behind;
            }
            [] => return Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_whatever_is_in_them() {
        let text =
            |element: Option<Vec<u8>>| element.map_or("NULL".to_owned(), |text| String::from_utf8(text).unwrap());
        let found = |array: &str| {
            elements(array.as_bytes()).map(|found| found.into_iter().map(text).collect::<Vec<_>>().join("|"))
        };
        assert_eq!(found("{}").as_deref(), Ok(""));
        assert_eq!(found("{1,-2,NULL}").as_deref(), Ok("1|-2|NULL"));
        assert_eq!(found("[0:1]={1,2}").as_deref(), Ok("1|2"));
        assert_eq!(
            found(r#"{"a \"b\", c","back\\slash",plain,"NULL",""}"#).as_deref(),
            Ok(r#"a "b", c|back\slash|plain|NULL|"#)
        );
        for wrong in ["", "1", "{1", "{{1},{2}}", "{1,}", r#"{"a}"#, r#"{"a"b}"#] {
            assert!(found(wrong).is_err(), "{wrong}");
        }
    }
}
