package io.walnut.chaos.fault;

import java.util.List;
import java.util.stream.Stream;

/** All that can go wrong. */
public final class Faults {
    private Faults() {}

    /** New ones, for one run: some remember what they hit. */
    public static List<Fault> all() {
        return Stream.of(
                        KillFault.all(),
                        LeaderStormFault.all(),
                        PauseFault.all(),
                        TerminateFault.all(),
                        RollingRestartFault.all(),
                        SnapshotInstallFault.all(),
                        PartitionFault.all(),
                        LinkFault.all(),
                        MessageFault.all(),
                        DiskFullFault.all(),
                        PowerCutFault.all(),
                        PowerCutAtElectionFault.all(),
                        TornWriteFault.all(),
                        LyingDiskFault.all(),
                        DiskLostFault.all(),
                        FileFault.all(),
                        SystemCallFault.all(),
                        LimitFault.all(),
                        TrafficFault.all(),
                        ClockFault.all())
                .flatMap(List::stream)
                .toList();
    }

    /**
     * Those of these names; a name without its last part, such as {@code kill}, stands for all that begin with it and a dash.
     *
     * @throws IllegalArgumentException for a name that stands for none
     */
    public static List<Fault> named(List<String> names) {
        List<Fault> all = all();
        return names.stream()
                .flatMap(name -> matching(all, name).stream())
                .distinct()
                .toList();
    }

    /** Whether the name stands for this fault. */
    public static boolean isNamed(String fault, String name) {
        return fault.equals(name) || fault.startsWith(name + "-");
    }

    private static List<Fault> matching(List<Fault> all, String name) {
        List<Fault> found =
                all.stream().filter(fault -> isNamed(fault.name(), name)).toList();
        if (found.isEmpty()) {
            throw new IllegalArgumentException("no fault '" + name + "'; there are "
                    + all.stream().map(Fault::name).toList());
        }
        return found;
    }
}
