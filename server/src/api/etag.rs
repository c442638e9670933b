//! Entity tags (RFC 9110): the index of the entry that last changed a key.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

use super::problem::Problem;
use crate::store::Condition;
use crate::store::command::TAGS_MAX;

/// What a writer asks of the key as it is: `If-Match`, or `If-None-Match: *`.
pub(super) fn condition_of(headers: &HeaderMap) -> Result<Condition, Problem> {
    let if_match = tags(headers, header::IF_MATCH)?;
    let if_none_match = tags(headers, header::IF_NONE_MATCH)?;
    match (if_match, if_none_match) {
        (None, None) => Ok(Condition::None),
        (Some(Tags::Any), None) => Ok(Condition::IfMatchAny),
        (Some(Tags::These(indexes)), None) => Ok(Condition::IfMatch(indexes)),
        (None, Some(Tags::Any)) => Ok(Condition::IfNoneMatchAny),
        (_, Some(Tags::These(_))) => {
            Err(Problem::bad_request("If-None-Match of a write must be *: it asks that there be no such key"))
        }
        // No key is there and is not there: this never holds.
        (Some(_), Some(Tags::Any)) => Ok(Condition::IfMatch(Vec::new())),
    }
}

/// Whether `If-None-Match` of a reader names this version, so that it has it already.
pub(super) fn none_match_names(headers: &HeaderMap, mod_index: u64) -> Result<bool, Problem> {
    Ok(match tags(headers, header::IF_NONE_MATCH)? {
        Some(Tags::Any) => true,
        Some(Tags::These(indexes)) => indexes.contains(&mod_index),
        None => false,
    })
}

/// The response with the tag of this version.
pub(super) fn put_on(mut response: Response, mod_index: u64) -> Response {
    let tag =
        HeaderValue::try_from(format!("\"{mod_index}\"")).expect("digits in quotes are a header's value");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

enum Tags {
    Any,
    These(Vec<u64>),
}

/// A tag that is not ours names no version that there is: it is well-formed, and matches nothing.
fn tags(headers: &HeaderMap, name: HeaderName) -> Result<Option<Tags>, Problem> {
    if !headers.contains_key(&name) {
        return Ok(None);
    }
    let mut indexes = Vec::new();
    for value in headers.get_all(&name) {
        let malformed = || {
            Problem::bad_request(format!("{name} must be * or a list of entity tags like \"42\", in quotes"))
        };
        let text = value.to_str().map_err(|_| malformed())?;
        for tag in text.split(',').map(str::trim) {
            if tag == "*" {
                return Ok(Some(Tags::Any));
            }
            let (weak, quoted) = tag.strip_prefix("W/").map_or((false, tag), |rest| (true, rest));
            let inside =
                quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(malformed)?;
            // If-Match compares strongly: a weak tag matches nothing.
            if let (false, Ok(index)) = (weak, inside.parse()) {
                indexes.push(index);
            }
        }
    }
    if indexes.len() > TAGS_MAX {
        return Err(Problem::bad_request(format!(
            "{name} has {} entity tags, and may have {TAGS_MAX}",
            indexes.len()
        )));
    }
    Ok(Some(Tags::These(indexes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_writer_asks_for_versions_for_any_or_for_none() {
        let condition = |name, value| condition_of(&headers(&[(name, value)])).ok();
        assert_eq!(condition_of(&headers(&[])).ok(), Some(Condition::None));
        let these = Condition::IfMatch(vec![3, 4]);
        assert_eq!(condition(header::IF_MATCH, "\"3\", \"4\""), Some(these));
        assert_eq!(condition(header::IF_MATCH, "*"), Some(Condition::IfMatchAny));
        assert_eq!(condition(header::IF_NONE_MATCH, "*"), Some(Condition::IfNoneMatchAny));
    }

    #[test]
    fn a_tag_of_somebody_else_or_a_weak_one_matches_nothing() {
        let condition = |value| condition_of(&headers(&[(header::IF_MATCH, value)])).ok();
        assert_eq!(condition("\"abc\""), Some(Condition::IfMatch(vec![])));
        assert_eq!(condition("W/\"3\""), Some(Condition::IfMatch(vec![])));
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        assert!(condition_of(&headers(&[(header::IF_MATCH, "3")])).is_err());
        assert!(condition_of(&headers(&[(header::IF_NONE_MATCH, "\"3\"")])).is_err());
        let both = headers(&[(header::IF_MATCH, "*"), (header::IF_NONE_MATCH, "*")]);
        assert_eq!(
            condition_of(&both).ok(),
            Some(Condition::IfMatch(vec![])),
            "a key that is there and is not"
        );
    }
}
