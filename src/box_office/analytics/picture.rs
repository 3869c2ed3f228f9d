//! The picture of an event's sales.

use chrono::NaiveDate;
use plotters::prelude::*;

use super::Analytics;
use crate::error::{Error, Result};

const WIDTH: u32 = 900;
const HEIGHT: u32 = 420;
/// The part of the picture below the curve, which shows how full the event is.
const BAR: u32 = 90;
/// Most points of a curve; more would be less than a pixel each.
const POINTS: usize = 400;

const SOLD: RGBColor = RGBColor(37, 99, 235);
const INK: RGBColor = RGBColor(31, 41, 55);
const FREE: RGBColor = RGBColor(229, 231, 235);

/// Draws how many tickets were sold by the end of each day, and how much of the capacity that is.
pub(super) fn draw(analytics: &Analytics) -> Result<String> {
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, (WIDTH, HEIGHT)).into_drawing_area();
    let drawn = draw_on(&root, analytics).and_then(|()| root.present().map_err(Error::internal));
    drop(root);
    drawn.map(|()| text)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw_on(root: &Area<'_>, analytics: &Analytics) -> Result<()> {
    root.fill(&WHITE).map_err(Error::internal)?;
    let title = ("sans-serif", 20).into_font().color(&INK);
    let root = root
        .titled(&sayable(&analytics.name), title)
        .map_err(Error::internal)?;
    let (_, height) = root.dim_in_pixel();
    let (curve, bar) = root.split_vertically(height.saturating_sub(BAR));
    draw_curve(&curve, analytics)?;
    draw_bar(&bar, analytics)
}

/// Without what XML 1.0 has no way to say (section 2.2).
fn sayable(text: &str) -> String {
    let plain = |c: &char| !matches!(c, '\u{fffe}' | '\u{ffff}') && !c.is_control();
    text.chars().filter(plain).collect()
}

/// Tickets sold by the end of each day.
fn sums(analytics: &Analytics) -> Vec<(NaiveDate, i64)> {
    let mut sum = 0;
    let days = analytics.booking_trends.iter();
    let sums = days.map(|day| {
        sum += day.tickets;
        (day.date, sum)
    });
    let sums = sums.collect::<Vec<_>>();
    let step = sums.len().div_ceil(POINTS).max(1);
    let last = sums.len().saturating_sub(1);
    let kept =
        |(at, point): (usize, &(NaiveDate, i64))| (at % step == 0 || at == last).then_some(*point);
    sums.iter().enumerate().filter_map(kept).collect()
}

fn draw_curve(area: &Area<'_>, analytics: &Analytics) -> Result<()> {
    let sums = sums(analytics);
    let (Some((first, _)), Some((last, _))) = (sums.first(), sums.last()) else {
        let style = ("sans-serif", 16).into_font().color(&INK);
        let text = Text::new("Nothing is sold yet.", (24, 40), style);
        return area.draw(&text).map_err(Error::internal);
    };
    let most = sums.iter().map(|(_, sum)| *sum).max().unwrap_or(0).max(1);
    let begin = *first - chrono::TimeDelta::days(1);
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(28)
        .y_label_area_size(56)
        .build_cartesian_2d(begin..*last, 0..most)
        .map_err(Error::internal)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(6)
        .y_labels(5)
        .y_desc("tickets sold")
        .label_style(("sans-serif", 13).into_font().color(&INK))
        .draw()
        .map_err(Error::internal)?;
    let points = std::iter::once((begin, 0)).chain(sums.iter().copied());
    let area = AreaSeries::new(points, 0, SOLD.mix(0.2)).border_style(SOLD.stroke_width(2));
    chart.draw_series(area).map_err(Error::internal)?;
    Ok(())
}

fn draw_bar(area: &Area<'_>, analytics: &Analytics) -> Result<()> {
    let (width, _) = area.dim_in_pixel();
    let (left, right) = (24, i32::try_from(width).unwrap_or(i32::MAX) - 24);
    let share = (analytics.capacity_utilization / 100.0).clamp(0.0, 1.0);
    let until = left + (f64::from(right - left) * share) as i32;
    for (end, color) in [(right, FREE), (until, SOLD)] {
        let bar = Rectangle::new([(left, 40), (end, 62)], color.filled());
        area.draw(&bar).map_err(Error::internal)?;
    }
    let said = format!(
        "{} of {} seats sold ({:.2} %), {} held",
        analytics.tickets_sold, analytics.capacity, analytics.capacity_utilization, analytics.held,
    );
    let style = ("sans-serif", 15).into_font().color(&INK);
    area.draw(&Text::new(said, (left, 16), style))
        .map_err(Error::internal)
}
