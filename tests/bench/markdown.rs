//! Tables that can be read in a terminal and pasted into the guide.

use std::fmt::Write;

/// Lays out a table whose first line is its head: the first column to the left, figures to the
/// right, padded so that it can be read in a terminal too.
pub fn table(lines: &[Vec<String>]) -> String {
    let columns = lines[0].len();
    let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (column, field) in line.iter().enumerate() {
            let width = widths[column];
            let _ = match column {
                0 => write!(text, "| {field:<width$} |"),
                _ => write!(text, " {field:>width$} |"),
            };
        }
        text.push('\n');
        if index == 0 {
            for (column, width) in widths.iter().enumerate() {
                let _ = match column {
                    0 => write!(text, "|{:-<1$}|", "", width + 2),
                    _ => write!(text, "{:->1$}:|", "", width + 1),
                };
            }
            text.push('\n');
        }
    }
    text
}

/// A figure with so many decimals, or a dash.
pub fn decimals(figure: Option<f64>, count: usize) -> String {
    figure.map_or("–".into(), |figure| format!("{figure:.count$}"))
}

/// A figure in thousands, because further digits mean nothing.
pub fn thousands(figure: Option<f64>) -> String {
    match figure {
        None => "–".into(),
        Some(figure) if figure < 10_000.0 => format!("{:.1} k", figure / 1_000.0),
        Some(figure) => format!("{:.0} k", figure / 1_000.0),
    }
}
