package io.llmd.autoscaler.variant;

/**
 * Requests that are alike in model, quality of service and shape.
 *
 * @param id name within the model
 * @param tier what they are promised
 * @param shape how long they are
 */
public record RequestClass(String id, Tier tier, Shape shape) {}
