//! Numbers with a fraction, and places: in sentences, and in attributes.

use crate::model::Point;

/// Puts numbers into a pattern: `%1` stands for the next one, rounded to one digit after the point, `%0` for a whole
/// one. A `%` that no digit follows stays.
///
/// Hundreds of places are written in a frame. Rust's own way to write a float knows all of them in all digits, and
/// takes more time and much more code.
pub fn fill(pattern: &str, numbers: &[f64]) -> String {
    let mut text = String::with_capacity(48);
    let mut numbers = numbers.iter();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek().and_then(|digit| digit.to_digit(10)).filter(|_| letter == '%') {
            Some(digits) => {
                letters.next();
                write(&mut text, numbers.next().copied().unwrap_or(0.0), digits);
            }
            None => text.push(letter),
        }
    }
    text
}

/// A `transform` to this place.
pub fn translate(to: Point) -> String {
    fill("translate(%1 %1)", &[to.x, to.y])
}

/// The `d` of a straight path.
pub fn line(from: Point, to: Point) -> String {
    fill("M%1 %1L%1 %1", &[from.x, from.y, to.x, to.y])
}

fn write(text: &mut String, number: f64, digits: u32) {
    let one = 10_u32.pow(digits);
    let rounded = (number * f64::from(one)).round_ties_even() as i32;
    if rounded < 0 {
        text.push('-');
    }
    let rounded = rounded.unsigned_abs();
    let mut unit = 1_000_000_000;
    while unit > 0 {
        if unit == one / 10 {
            text.push('.');
        }
        if unit <= one || rounded >= unit {
            text.push(char::from(b'0' + (rounded / unit % 10) as u8));
        }
        unit /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_the_digits_of_their_mark() {
        let written = fill("translate(%1 %1) scale(%2)", &[123.456, -5.06, 1.0]);
        assert_eq!(written, "translate(123.5 -5.1) scale(1.00)");
        assert_eq!(fill("%0px", &[1084.4]), "1084px");
        assert_eq!(fill("%3", &[0.0501]), "0.050");
        assert_eq!(fill("%1 100", &[99.96]), "100.0 100");
        assert_eq!(fill("%0 % of %1", &[7.0, 0.25]), "7 % of 0.2");
    }

    #[test]
    fn what_rounds_to_nothing_has_no_sign() {
        assert_eq!(fill("%1 %1 %0", &[-0.04, 0.04, -0.4]), "0.0 0.0 0");
    }

    #[test]
    fn no_number_is_too_great_to_be_written() {
        assert_eq!(fill("%0 %0", &[f64::INFINITY, f64::NEG_INFINITY]), "2147483647 -2147483648");
        assert_eq!(fill("%1", &[f64::NAN]), "0.0");
    }
}
