@NullMarked
package io.walnut.node.config;

import org.jspecify.annotations.NullMarked;
