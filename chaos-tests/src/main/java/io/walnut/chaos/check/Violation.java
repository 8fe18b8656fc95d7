package io.walnut.chaos.check;

/**
 * A promise that was broken.
 *
 * @param offset where in the log
 * @param text what was found, and what was expected
 */
public record Violation(Anomaly anomaly, String log, long offset, String text) {
    @Override
    public String toString() {
        return anomaly + " in log '" + log + "' at offset " + offset + ": " + text;
    }
}
