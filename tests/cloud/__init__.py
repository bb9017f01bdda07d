"""An emulator of the cloud's APIs on loopback: ECS images, the marketplace, Compute Nest, STS.

It speaks the real RPC protocol, checks the ACS3 signature, and answers and refuses as the API references
say. Time is emulated: a copy takes minutes of the emulator's clock, which runs as fast as a test wants.

>>> with Emulator() as cloud:
...     owner = cloud.world.account("1000000000000001", "key-id", "key-secret")
...     image = cloud.world.image("cn-hangzhou", owner)
...     environment = cloud.environment(owner)
"""

from tests.cloud.faults import Fault
from tests.cloud.server import Emulator
from tests.cloud.world import Account, ApiError, Image, World

__all__ = ["Account", "ApiError", "Emulator", "Fault", "Image", "World"]
