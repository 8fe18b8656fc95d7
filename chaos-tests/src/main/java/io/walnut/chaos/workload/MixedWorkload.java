package io.walnut.chaos.workload;

import java.util.List;

/** Each client does what those of another workload do: one of each at least, where there are enough, and then by the seed. */
final class MixedWorkload implements Workload {
    private final List<Workload> parts;

    MixedWorkload(List<Workload> parts) {
        this.parts = parts;
    }

    @Override
    public String name() {
        return "mixed";
    }

    @Override
    public String text() {
        return "all of the others at once";
    }

    @Override
    public Workload.Client client(Context context) {
        int part = context.number() < parts.size()
                ? context.number()
                : context.random().nextInt(parts.size());
        return parts.get(part).client(context);
    }
}
