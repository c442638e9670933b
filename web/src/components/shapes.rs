//! One shape for each kind of message, as SVG around its centre. Colours come from the style sheet.

use crate::model::Shape;
use crate::text::number::fill;

const TICK: &str = r#"<path class="mark" d="M-3.6 0.2l2.6 2.8 4.8 -5.8"/>"#;
const CROSS: &str = r#"<path class="mark" d="M-3 -3l6 6m0 -6l-6 6"/>"#;
/// Letters of a pill that fit.
const PILL_LETTERS_MAX: usize = 18;

/// The markup of a message. It holds no words of a person's: see [`pill_text`].
pub fn draw(shape: &Shape) -> String {
    let (reach, body) = match shape {
        Shape::VoteRequest { pre_vote } => (9.0, diamond(13.0, if *pre_vote { "hollow" } else { "wash" })),
        Shape::VoteReply { pre_vote, granted } => {
            let class = if *pre_vote { "hollow" } else { "plain" };
            (12.0, diamond(17.0, class) + mark(*granted))
        }
        Shape::Heartbeat => (7.0, r#"<circle class="ring" r="5"/>"#.to_owned()),
        Shape::Entries { hues, count } => boxes(hues, *count),
        Shape::AppendReply { accepted } => (9.0, r#"<circle class="plain" r="8.5"/>"#.to_owned() + mark(*accepted)),
        Shape::Snapshot => (
            12.0,
            r#"<path class="wash" d="M-9 -7v14c0 4 18 4 18 0v-14c0 -4 -18 -4 -18 0c0 4 18 4 18 0M-9 0c0 4 18 4 18 0"/>"#
                .to_owned(),
        ),
        Shape::SnapshotReply => (
            10.0,
            r#"<rect class="plain" x="-8" y="-8" width="16" height="16" rx="3"/>"#.to_owned() + TICK,
        ),
        Shape::TimeoutNow => (
            11.0,
            r#"<path class="wash" d="M2 -11l-9 13h6l-2 9 10 -13h-6l3 -9z"/>"#.to_owned(),
        ),
        Shape::Pill { words, request } => {
            let half = 3.2 * shorten(words).chars().count() as f64 + 9.0;
            let class = if *request { "pill request" } else { "pill" };
            let size = fill(r#"x="%1" y="-9.5" width="%1" height="19" rx="9.5"/>"#, &[-half, 2.0 * half]);
            (half, format!(r#"<rect class="{class}" {size}<text y="3.7"></text>"#))
        }
    };
    let reach: f64 = reach;
    let hit = (reach + 4.0).max(13.0);
    fill(r#"<circle class="hit" r="%0"/><circle class="hold" r="%0"/><g class="figure">"#, &[hit, hit])
        + &body
        + r#"</g><path class="loss" d="M-6 -6L6 6M6 -6L-6 6"/>"#
}

/// The words of a pill, to be put into its text element as text.
pub fn pill_text(shape: &Shape) -> Option<&str> {
    match shape {
        Shape::Pill { words, .. } => Some(shorten(words)),
        _ => None,
    }
}

fn diamond(side: f64, class: &str) -> String {
    let corner = -side / 2.0;
    let size = fill(r#"x="%1" y="%1" width="%0" height="%0""#, &[corner, corner, side, side]);
    format!(r#"<rect class="{class}" {size} rx="2" transform="rotate(45)"/>"#)
}

fn mark(good: bool) -> &'static str {
    if good { TICK } else { CROSS }
}

fn boxes(hues: &[u8], count: usize) -> (f64, String) {
    if count > hues.len() {
        let hue = hues.first().copied().unwrap_or(0);
        let body = format!(
            r#"<g data-hue="{hue}"><rect class="wash" x="-10" y="-9" width="26" height="15" rx="3"/><rect class="wash" x="-13" y="-6" width="26" height="15" rx="3"/><text class="count" y="5.5">{count}</text></g>"#
        );
        return (16.0, body);
    }
    let half = 6.0 * hues.len() as f64;
    let body = hues.iter().enumerate().map(|(place, hue)| {
        let x = fill("%1", &[12.0 * place as f64 - half + 0.5]);
        format!(r#"<rect class="wash" data-hue="{hue}" x="{x}" y="-7" width="11" height="14" rx="3"/>"#)
    });
    (half, body.collect())
}

fn shorten(words: &str) -> &str {
    match words.char_indices().nth(PILL_LETTERS_MAX) {
        Some((end, _)) => &words[..end],
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_never_become_markup() {
        let shape = Shape::Pill { words: "set <script>".to_owned(), request: true };
        assert!(!draw(&shape).contains("script"));
        assert_eq!(pill_text(&shape), Some("set <script>"));
    }

    #[test]
    fn an_append_entries_has_a_box_for_each_entry_or_their_number() {
        let boxes = |count| {
            let hues = vec![1; count];
            draw(&Shape::Entries { hues, count }).matches("<rect").count()
        };
        assert_eq!(boxes(1), 1);
        assert_eq!(boxes(4), 4);
        let many = draw(&Shape::Entries { hues: vec![1; 4], count: 64 });
        assert!(many.contains(">64<"));
    }

    /// No two kinds look the same.
    #[test]
    fn every_kind_has_a_shape_of_its_own() {
        let mut shapes = vec![
            draw(&Shape::Heartbeat),
            draw(&Shape::Snapshot),
            draw(&Shape::SnapshotReply),
            draw(&Shape::TimeoutNow),
            draw(&Shape::Entries { hues: vec![1], count: 1 }),
        ];
        for flag in [true, false] {
            shapes.push(draw(&Shape::VoteRequest { pre_vote: flag }));
            shapes.push(draw(&Shape::AppendReply { accepted: flag }));
            for granted in [true, false] {
                shapes.push(draw(&Shape::VoteReply { pre_vote: flag, granted }));
            }
        }
        let all = shapes.len();
        shapes.sort_unstable();
        shapes.dedup();
        assert_eq!(shapes.len(), all);
    }
}
