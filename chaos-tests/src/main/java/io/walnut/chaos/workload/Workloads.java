package io.walnut.chaos.workload;

import java.util.List;
import java.util.stream.Stream;

/** All workloads. */
public final class Workloads {
    private static final List<Workload> SINGLE =
            List.of(new AppendReadWorkload(), new TailWorkload(), new PipelineWorkload(), new TrimWorkload());
    private static final List<Workload> ALL =
            Stream.concat(SINGLE.stream(), Stream.of(new MixedWorkload(SINGLE))).toList();

    private Workloads() {}

    public static List<Workload> all() {
        return ALL;
    }

    /**
     * The one of this name.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Workload named(String name) {
        return ALL.stream()
                .filter(workload -> workload.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no workload '" + name + "'; there are "
                        + ALL.stream().map(Workload::name).toList()));
    }
}
