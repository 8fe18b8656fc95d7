package io.walnut.node.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** What somebody probably meant. */
final class Nearest {
    private Nearest() {}

    /** The known name with the fewest edits from {@code name}; empty when none is anywhere near. */
    static Optional<String> of(String name, Collection<String> known) {
        LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
        return known.stream()
                .min(Comparator.comparingInt((String candidate) -> distance.apply(name, candidate))
                        .thenComparing(Comparator.naturalOrder()))
                .filter(candidate -> distance.apply(name, candidate) <= Math.max(3, candidate.length() * 2 / 3));
    }
}
