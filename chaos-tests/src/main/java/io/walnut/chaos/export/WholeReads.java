package io.walnut.chaos.export;

import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the reads that show a log from its first record to its end, as it was at some moment of the call: a linearizable one that
 * tells its end and came there, and the final reads of a node, which may be in pieces. After the run nothing changes any more, so what
 * one node has is then what the log is.
 */
final class WholeReads {
    /** A read of all that the log had; {@code first} is its first piece. */
    record Whole(Read first, List<Run> runs, long end) {}

    private final Map<List<String>, Whole> open = new HashMap<>();

    /** Whether one begins with this piece. */
    boolean begins(Read piece) {
        if (piece.from() != 0) {
            return false;
        }
        if (piece.mode() == Mode.FINAL) {
            return open.putIfAbsent(key(piece), new Whole(piece, new ArrayList<>(), piece.end())) == null;
        }
        return isWhole(piece);
    }

    /** The one that ends with this piece. */
    @Nullable
    Whole ended(Read piece) {
        if (piece.mode() != Mode.FINAL) {
            return isWhole(piece) ? new Whole(piece, piece.records(), piece.end()) : null;
        }
        Whole whole = open.get(key(piece));
        if (whole == null) {
            return null;
        }
        if (!piece.call().ok()) {
            open.remove(key(piece));
            return null;
        }
        whole.runs.addAll(piece.records());
        if (piece.to() < piece.end() && !piece.records().isEmpty()) {
            return null;
        }
        open.remove(key(piece));
        return whole;
    }

    private static boolean isWhole(Read read) {
        return read.mode() == Mode.LINEARIZABLE
                && read.call().ok()
                && read.from() == 0
                && read.end() != Operation.UNKNOWN
                && read.to() == read.end();
    }

    private static List<String> key(Read piece) {
        return List.of(piece.call().log(), piece.node());
    }
}
