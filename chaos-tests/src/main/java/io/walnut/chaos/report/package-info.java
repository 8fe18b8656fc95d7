/**
 * What a person reads of a run: {@code results.json} and one page that opens without a network.
 *
 * <pre>
 * history.jsonl -> RunStatistics (rates, latencies) -> RatePlot, LatencyPlot \
 *              \-> Neighbours (a window each)       -> Timeline               > Page -> index.html
 * ChaosRun.Result (verdict, faults, outages)        -> Verdicts, Faults      /
 * </pre>
 *
 * The size of the page and of what is held in memory has a bound, whatever the length of the run.
 */
@NullMarked
package io.walnut.chaos.report;

import org.jspecify.annotations.NullMarked;
