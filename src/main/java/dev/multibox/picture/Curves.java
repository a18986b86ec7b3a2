package dev.multibox.picture;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Charts over the steps of a run, one below the other, with the same steps below each other. */
public final class Curves {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 330;
  private static final Color GRID = new Color(0xE3E3E3);
  private static final Color TEXT = new Color(0x333333);

  private Curves() {}

  /**
   * One of the charts.
   *
   * @param title above it
   * @param range what its values lie in
   * @param lines in the order of the legend; a line of few points shows each of them
   */
  public record Chart(String title, Range range, List<Line> lines) {
    public Chart {
      lines = List.copyOf(lines);
    }
  }

  /** What the values of a chart lie in. */
  public enum Range {
    /** From zero to the largest value. */
    FROM_ZERO,
    /** From zero to one. */
    UNIT
  }

  /**
   * Values at steps.
   *
   * @param name in the legend
   * @param steps ascending
   * @param values one for each step
   */
  public record Line(String name, List<Double> steps, List<Double> values) {
    private static final int FEW = 30;

    public Line {
      steps = List.copyOf(steps);
      values = List.copyOf(values);
    }

    private boolean isShort() {
      return steps.size() <= FEW;
    }
  }

  /**
   * Writes a picture of these charts, as {@link Picture#write} does.
   *
   * @param charts one at least, each with a line at least, and each line with a step at least
   */
  public static void write(List<Chart> charts, Path file) throws IOException {
    PngFile.write(draw(charts), file);
  }

  static BufferedImage draw(List<Chart> charts) throws IOException {
    double lastStep =
        charts.stream()
            .flatMap(chart -> chart.lines().stream())
            .mapToDouble(line -> line.steps().getLast())
            .max()
            .orElseThrow();
    BufferedImage picture =
        new BufferedImage(WIDTH, HEIGHT * charts.size(), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    try {
      for (Chart chart : charts) {
        boolean isLast = chart.equals(charts.getLast());
        xyChart(chart, lastStep, isLast ? "step" : "").paint(graphics, WIDTH, HEIGHT);
        graphics.translate(0, HEIGHT);
      }
    } finally {
      graphics.dispose();
    }
    return picture;
  }

  private static XYChart xyChart(Chart chart, double lastStep, String xTitle) throws IOException {
    XYChart drawn =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(chart.title())
            .xAxisTitle(xTitle)
            .build();
    XYStyler style = drawn.getStyler();
    style(style);
    style.setXAxisMin(0.0).setXAxisMax(lastStep).setYAxisMin(0.0);
    if (chart.range() == Range.UNIT) {
      style.setYAxisMax(1.0);
    }
    style.setLegendVisible(chart.lines().size() > 1);
    style.setLegendPosition(
        chart.range() == Range.UNIT ? LegendPosition.InsideNW : LegendPosition.InsideNE);
    for (Line line : chart.lines()) {
      XYSeries series = drawn.addSeries(line.name(), line.steps(), line.values());
      series.setLineColor(Palette.of(drawn.getSeriesMap().size()));
      series.setLineStyle(new BasicStroke(1.8f));
      series.setMarker(line.isShort() ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
      series.setMarkerColor(series.getLineColor());
    }
    return drawn;
  }

  /** Every font is named, since Java's own names may stand for nothing here. */
  private static void style(XYStyler style) throws IOException {
    style.setBaseFont(Lettering.plain(12));
    style.setChartTitleFont(Lettering.bold(14));
    style.setLegendFont(Lettering.plain(12));
    style.setAxisTitleFont(Lettering.plain(12));
    style.setAxisTickLabelsFont(Lettering.plain(11));
    style.setAnnotationTextFont(Lettering.plain(11));
    style.setToolTipFont(Lettering.plain(11));
    style.setChartBackgroundColor(Color.WHITE);
    style.setChartFontColor(TEXT);
    style.setChartTitleBoxVisible(false);
    style.setPlotBorderVisible(false);
    style.setPlotGridLinesColor(GRID);
    style.setPlotContentSize(0.97);
    style.setYAxisDecimalPattern("0.#####");
    style.setLegendBorderColor(GRID);
    style.setMarkerSize(6);
    style.setLocale(Locale.ROOT);
    style.setAntiAlias(true);
  }
}
