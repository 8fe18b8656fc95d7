package io.walnut.chaos.report;

import io.walnut.chaos.fault.FaultClass;
import io.walnut.chaos.fault.Nemesis;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Faults over time: labelled bars above the plots, and the same as bands in them. */
final class FaultBands {
    private static final double BAR = 18;
    private static final double CHARACTER = 6.1;
    private static final int MOST_LANES = 6;

    /** Faults next to each other on one line, of which none overlaps another. */
    private record Placed(Nemesis.Injected fault, int lane) {}

    private final List<Placed> placed = new ArrayList<>();
    private int lanes;

    FaultBands(List<Nemesis.Injected> faults) {
        List<Long> ends = new ArrayList<>();
        faults.stream()
                .sorted(Comparator.comparingLong(Nemesis.Injected::begun))
                .forEach(fault -> {
                    int lane = 0;
                    while (lane < ends.size() && ends.get(lane) > fault.begun() && lane < MOST_LANES - 1) {
                        lane++;
                    }
                    if (lane == ends.size()) {
                        ends.add(fault.healed());
                    } else {
                        ends.set(lane, Math.max(ends.get(lane), fault.healed()));
                    }
                    placed.add(new Placed(fault, lane));
                });
        lanes = ends.size();
    }

    /** By which a fault is coloured: what it is about. */
    static String family(FaultClass faultClass) {
        return switch (faultClass) {
            case KILL_ONE, KILL_LEADER_STORM, KILL_MAJORITY, ROLLING_RESTART, TERMINATION, UPGRADE -> "process";
            case PAUSE, CLOCK_JUMP, CLOCK_SKEW -> "time";
            case PARTITION,
                    PARTITION_LEADER,
                    PARTITION_OVERLAPPING,
                    PARTITION_ONE_WAY,
                    PARTITION_CLIENTS,
                    LOSS,
                    DELAY,
                    BANDWIDTH,
                    DUPLICATION,
                    WIRE_CORRUPTION,
                    RESET -> "network";
            case DISK_FULL,
                    WRITE_ERROR,
                    READ_ERROR,
                    SYNC_ERROR,
                    SLOW_DISK,
                    HUNG_DISK,
                    LYING_DISK,
                    POWER_CUT_ONE,
                    POWER_CUT_ALL,
                    TORN_WRITE,
                    BIT_ROT_LOG,
                    BIT_ROT_VOTE,
                    BIT_ROT_SNAPSHOT,
                    BIT_ROT_METADATA,
                    FILE_TRUNCATED,
                    FILE_LOST,
                    FILE_SWAPPED,
                    DISK_LOST -> "disk";
            case MEMBERSHIP, LEADERSHIP, SNAPSHOT_INSTALL -> "members";
            case MEMORY, DESCRIPTORS, CONNECTIONS, MALFORMED, REFUSED_CLIENTS -> "load";
        };
    }

    static String tip(Nemesis.Injected fault) {
        return fault.fault() + " on " + String.join(", ", fault.hit()) + ", " + Words.at(fault.begun()) + " to "
                + Words.at(fault.healed()) + " (" + Words.duration(fault.healed() - fault.begun()) + ")";
    }

    double height() {
        return lanes * BAR;
    }

    /** The bars, each with its name where there is room. */
    void drawBars(Markup svg, TimeAxis axis, double top) {
        double[] drawnTo = new double[lanes];
        for (int i = 0; i < placed.size(); i++) {
            Placed each = placed.get(i);
            double x = axis.x(each.fault.begun());
            double width = Math.max(2, axis.x(each.fault.healed()) - x);
            if (x + width <= drawnTo[each.lane] + 0.5) {
                continue; // nothing of it could be seen
            }
            drawnTo[each.lane] = x + width;
            double y = top + each.lane * BAR;
            String name = each.fault.fault();
            svg.open("g", "class", "fault " + family(each.fault.faultClass()));
            svg.element("title", tip(each.fault));
            svg.empty("rect", "x", x, "y", y + 1, "width", width, "height", BAR - 3, "rx", 3);
            double needed = name.length() * CHARACTER + 6;
            if (width > needed) {
                svg.element("text", name, "x", x + width / 2, "y", y + 12.5, "text-anchor", "middle");
            } else if (x + width + needed < next(i, axis)) {
                svg.element("text", name, "x", x + width + 3, "y", y + 12.5);
            }
            svg.close();
        }
    }

    /** Where the next bar of the same lane begins. */
    private double next(int at, TimeAxis axis) {
        return placed.subList(at + 1, placed.size()).stream()
                .filter(other -> other.lane == placed.get(at).lane)
                .findFirst()
                .map(other -> axis.x(other.fault.begun()))
                .orElse(TimeAxis.RIGHT);
    }

    /** The bands. */
    void drawBands(Markup svg, TimeAxis axis, double top, double bottom) {
        double drawnTo = 0;
        for (Placed each : placed) {
            double x = axis.x(each.fault.begun());
            double right = Math.max(x + 1, axis.x(each.fault.healed()));
            if (right <= drawnTo + 0.5) {
                continue;
            }
            drawnTo = right;
            svg.open("g", "class", "band " + family(each.fault.faultClass()));
            svg.element("title", tip(each.fault));
            svg.empty("rect", "x", x, "y", top, "width", right - x, "height", bottom - top);
            svg.close();
        }
    }
}
