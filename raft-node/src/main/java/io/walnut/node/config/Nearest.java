package io.walnut.node.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** What somebody probably meant. */
final class Nearest {
    private static final LevenshteinDistance DISTANCE = LevenshteinDistance.getDefaultInstance();

    private Nearest() {}

    /** The known name with the fewest edits from {@code name}; empty when none is anywhere near. */
    static Optional<String> of(String name, Collection<String> known) {
        return closest(name, known)
                .filter(candidate -> DISTANCE.apply(name, candidate) <= Math.max(3, candidate.length() * 2 / 3));
    }

    /** The known name of which {@code name} is very likely a misspelling. */
    static Optional<String> misspelled(String name, Collection<String> known) {
        return closest(name, known).filter(candidate -> DISTANCE.apply(name, candidate) <= 3);
    }

    private static Optional<String> closest(String name, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt((String candidate) -> DISTANCE.apply(name, candidate))
                        .thenComparing(Comparator.naturalOrder()));
    }
}
