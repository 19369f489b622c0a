/** Kubernetes objects that are followed, and leadership among replicas. */
@NullMarked
package io.llmd.kube;

import org.jspecify.annotations.NullMarked;
