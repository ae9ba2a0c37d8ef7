package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.config.Cluster;

/** gRPC through filters that look at heads only. */
class GrpcHeadFilterIT extends GrpcIT {
  @Override
  TestTable route(Cluster cluster) {
    return new TestTable().filtered("/", cluster, PassingFilters.HEADS.filter());
  }
}
