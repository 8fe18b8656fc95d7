package io.walnut.node.bench;

import io.walnut.wal.bench.RowResult;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import org.HdrHistogram.Histogram;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * Two charts a workload, side by side, all of them in one picture: latency by percentile, and over the time measured. A line a
 * log, or, over time, one of its median and one of its 99th percentile.
 */
final class Plot {
    private static final int CHART_WIDTH = 760;
    private static final int CHART_HEIGHT = 380;
    /** As 1 / (1 - percentile / 100): equal steps of it, by its logarithm, are equal parts of what is left above. */
    private static final double MOST_NINES = 1e5;

    private final Path file;

    private Plot(Path file) {
        this.file = file;
    }

    /** Refuses what could not be written in the end, before anything is measured. */
    static Plot into(Path file, CommandLine command) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (!name.endsWith(".png")) {
            throw new ParameterException(command, "--plot is " + file + "; expected a name that ends in .png");
        }
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory) || !Files.isWritable(directory)) {
            throw new ParameterException(command, "--plot: cannot write into " + directory);
        }
        System.setProperty("java.awt.headless", "true");
        rehearse(command);
        return new Plot(file);
    }

    /** A Java without fonts says so now, not after an hour of measuring; and a process that is ending cannot load what draws. */
    private static void rehearse(CommandLine command) {
        try {
            XYChart chart = chart("", "");
            line(chart, "a", List.of(1.0, 2.0), List.of(1.0, 2.0));
            BufferedImage image = new BufferedImage(CHART_WIDTH, CHART_HEIGHT, BufferedImage.TYPE_INT_RGB);
            decades(chart).paint(image.createGraphics(), CHART_WIDTH, CHART_HEIGHT);
            ImageIO.write(image, "png", OutputStream.nullOutputStream());
        } catch (IOException | RuntimeException | LinkageError | InternalError e) {
            throw new ParameterException(
                    command, "--plot: this Java cannot draw (it needs its java.desktop module and some font): " + e, e);
        }
    }

    void draw(List<RowResult> results) throws IOException {
        Map<String, List<RowResult>> workloads = new LinkedHashMap<>();
        for (RowResult result : results) {
            if (result.latencies().getTotalCount() > 0) {
                workloads
                        .computeIfAbsent(result.row() + "  " + result.workload(), title -> new ArrayList<>())
                        .add(result);
            }
        }
        if (workloads.isEmpty()) {
            throw new IOException("nothing was measured that has latencies: " + file + " is not drawn");
        }
        int width = 2 * CHART_WIDTH;
        int height = workloads.size() * CHART_HEIGHT;
        try (OutputStream target = Files.newOutputStream(file)) {
            BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = image.createGraphics();
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            paint(workloads, graphics);
            graphics.dispose();
            ImageIO.write(image, "png", target);
        }
    }

    private static void paint(Map<String, List<RowResult>> workloads, Graphics2D graphics) {
        for (Map.Entry<String, List<RowResult>> workload : workloads.entrySet()) {
            byPercentile(workload.getKey(), workload.getValue()).paint(graphics, CHART_WIDTH, CHART_HEIGHT);
            graphics.translate(CHART_WIDTH, 0);
            overTime(workload.getKey(), workload.getValue()).paint(graphics, CHART_WIDTH, CHART_HEIGHT);
            graphics.translate(-CHART_WIDTH, CHART_HEIGHT);
        }
    }

    private static XYChart chart(String title, String x) {
        XYChart chart = new XYChartBuilder()
                .width(CHART_WIDTH)
                .height(CHART_HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle("latency, us")
                .build();
        chart.getStyler()
                .setLegendPosition(Styler.LegendPosition.OutsideS)
                .setLegendLayout(Styler.LegendLayout.Horizontal)
                .setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setYAxisDecimalPattern("#,##0.##").setYAxisLogarithmic(true);
        chart.getStyler().setXAxisTickMarkSpacingHint(100);
        return chart;
    }

    /** Whole decades, so that the axis has labels. */
    private static XYChart decades(XYChart chart) {
        double min = Double.MAX_VALUE;
        double max = 0;
        for (XYSeries series : chart.getSeriesCollection()) {
            min = Math.min(min, Arrays.stream(series.getYData()).min().orElse(min));
            max = Math.max(max, Arrays.stream(series.getYData()).max().orElse(max));
        }
        chart.getStyler().setYAxisMin(Math.pow(10, Math.floor(Math.log10(min))));
        chart.getStyler().setYAxisMax(Math.pow(10, Math.ceil(Math.log10(max))));
        return chart;
    }

    private static XYChart byPercentile(String title, List<RowResult> results) {
        XYChart chart = chart(title, "percentile");
        chart.getStyler().setXAxisLogarithmic(true).setXAxisMin(1.0).setXAxisMax(MOST_NINES);
        chart.setCustomXAxisTickLabelsFormatter(Plot::percentile);
        for (RowResult result : results) {
            List<Double> parts = new ArrayList<>();
            List<Double> micros = new ArrayList<>();
            Histogram latencies = result.latencies();
            double last = Math.min(MOST_NINES, (double) latencies.getTotalCount());
            for (double part = 1; part < last; part *= 1.25) {
                parts.add(part);
                micros.add(positive(latencies.getValueAtPercentile(100 - 100 / part) / 1e3));
            }
            parts.add(last);
            micros.add(positive(latencies.getMaxValue() / 1e3));
            line(chart, result.backend(), parts, micros);
        }
        return decades(chart);
    }

    private static String percentile(double part) {
        return String.format(Locale.ROOT, "%.5f", 100 - 100 / part).replaceAll("\\.?0+$", "") + "%";
    }

    private static XYChart overTime(String title, List<RowResult> results) {
        XYChart chart = chart(title, "seconds measured");
        for (RowResult result : results) {
            List<RowResult.Interval> all = result.overTime();
            List<Double> seconds = all.stream().map(RowResult.Interval::seconds).toList();
            line(chart, result.backend() + " p50", seconds, micros(all, RowResult.Interval::p50));
            line(chart, result.backend() + " p99", seconds, micros(all, RowResult.Interval::p99));
            line(chart, result.backend() + " max", seconds, micros(all, RowResult.Interval::max));
        }
        return decades(chart);
    }

    private static List<Double> micros(List<RowResult.Interval> all, ToDoubleFunction<RowResult.Interval> of) {
        return all.stream().map(part -> positive(of.applyAsDouble(part))).toList();
    }

    /** A logarithm wants more than zero. */
    private static double positive(double micros) {
        return Math.max(0.001, micros);
    }

    private static void line(XYChart chart, String name, List<Double> x, List<Double> y) {
        XYSeries series = chart.addSeries(name, x, y);
        series.setMarker(x.size() == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    }
}
