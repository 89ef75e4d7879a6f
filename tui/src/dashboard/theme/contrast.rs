//! Tests of the themes' colours: contrast by WCAG 2, and differences as colour-blind people see
//! them.

use super::*;

/// A colour as red, green and blue in linear light, from 0 to 1.
type Linear = [f64; 3];

const ALL_INKS: [Ink; 9] = [
    Ink::Tone(Tone::Plain),
    Ink::Tone(Tone::Heading),
    Ink::Tone(Tone::Good),
    Ink::Tone(Tone::Notice),
    Ink::Tone(Tone::Alarm),
    Ink::Tone(Tone::Quiet),
    Ink::Accent,
    Ink::Title,
    Ink::Badge,
];

/// The value of one of the 256 colours that every terminal defines in the same way.
fn linear(colour: Color) -> Linear {
    let Color::Indexed(index @ 16..) = colour else {
        panic!("{colour:?} has no fixed value");
    };
    let levels = [0.0, 95.0, 135.0, 175.0, 215.0, 255.0];
    let rgb = if index >= 232 {
        [f64::from(8 + 10 * (u32::from(index) - 232)); 3]
    } else {
        let index = usize::from(index - 16);
        [levels[index / 36], levels[index / 6 % 6], levels[index % 6]]
    };
    rgb.map(|value| {
        let value = value / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055_f64).powf(2.4)
        }
    })
}

fn luminance([red, green, blue]: Linear) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The contrast of WCAG 2, from 1 to 21.
fn contrast(a: Linear, b: Linear) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// How a colour looks without one kind of cone (Machado, Oliveira, Fernandes 2009).
fn seen(colour: Linear, matrix: [[f64; 3]; 3]) -> Linear {
    matrix.map(|row| {
        let sum: f64 = row.iter().zip(colour).map(|(a, b)| a * b).sum();
        sum.clamp(0.0, 1.0)
    })
}

const SIGHTS: [(&str, [[f64; 3]; 3]); 4] = [
    (
        "all cones",
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// The difference of two colours in CIELAB: about 2 is just visible, 30 is obvious.
fn difference(a: Linear, b: Linear) -> f64 {
    let lab = |[red, green, blue]: Linear| {
        let curve = |value: f64| {
            if value > 0.008_856 {
                value.cbrt()
            } else {
                7.787 * value + 16.0 / 116.0
            }
        };
        let x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
        let y = curve(luminance([red, green, blue]));
        let z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    };
    let (a, b) = (lab(a), lab(b));
    let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

/// Every colour of the high-contrast theme has a contrast of at least 7 to its own background
/// (WCAG 2, level AAA), and no text is dim.
#[test]
fn high_contrast_is_high() {
    let theme = Theme::new(ThemeName::HighContrast, true);
    for ink in ALL_INKS {
        let style = theme.style(ink);
        let (text, background) = (style.fg.unwrap(), style.bg.unwrap());
        let found = contrast(linear(text), linear(background));
        assert!(found >= 7.0, "{ink:?} {found}");
        assert!(!style.add_modifier.contains(Modifier::DIM), "{ink:?}");
    }
}

/// The colours of the colour-blind theme have a contrast of at least 3 (WCAG 2, for signs) to
/// black, to a usual dark grey and to white. Every eye can tell apart what is good, what needs
/// attention soon and what needs it now.
#[test]
fn every_eye_sees_the_difference() {
    let theme = Theme::new(ThemeName::ColourBlind, true);
    let backgrounds = [16, 234, 231].map(|index| linear(Color::Indexed(index)));
    let colours: Vec<Linear> = ALL_INKS
        .into_iter()
        .filter_map(|ink| theme.style(ink).fg)
        .map(linear)
        .collect();
    assert!(!colours.is_empty());
    for colour in &colours {
        for background in backgrounds {
            let found = contrast(*colour, background);
            assert!(found >= 3.0, "{colour:?} {found}");
        }
    }
    let tones = [Tone::Good, Tone::Notice, Tone::Alarm];
    let tones = tones.map(|tone| linear(theme.style(tone.into()).fg.unwrap()));
    for (sight, matrix) in SIGHTS {
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let found = difference(seen(tones[a], matrix), seen(tones[b], matrix));
            assert!(found >= 30.0, "{sight}: {a} and {b} differ by {found}");
        }
    }
}

/// The default theme uses only the sixteen colours that the user's terminal defines, and no
/// background. The monochrome theme, and any theme without colour, has no colour at all.
#[test]
fn other_themes_leave_colours_to_the_terminal() {
    for ink in ALL_INKS.into_iter().chain([Ink::Selected, Ink::Match]) {
        let style = Theme::new(ThemeName::Default, true).style(ink);
        assert_eq!(style.bg, None, "{ink:?}");
        let is_fixed = matches!(style.fg, Some(Color::Indexed(_) | Color::Rgb(..)));
        assert!(!is_fixed, "{ink:?}");
        for name in ThemeName::ALL {
            let plain = Theme::new(name, false).style(ink);
            let monochrome = Theme::new(ThemeName::Monochrome, true).style(ink);
            assert_eq!((plain.fg, plain.bg), (None, None), "{name:?} {ink:?}");
            assert_eq!(plain, monochrome);
        }
    }
}

/// An unknown theme is an error that names the nearest one.
#[test]
fn unknown_themes_are_errors() {
    for theme in ThemeName::ALL {
        assert_eq!(theme.id().parse(), Ok(theme));
        let name = serde_json::to_value(theme).unwrap();
        assert_eq!(name, theme.id());
    }
    let problem = "highcontrast".parse::<ThemeName>().unwrap_err();
    assert_eq!(
        problem,
        "unknown theme \"highcontrast\": did you mean high-contrast?"
    );
}
