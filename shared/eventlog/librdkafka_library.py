"""The functions of librdkafka's C API that a consumer needs, of the very library that the package confluent-kafka has loaded.

Nothing here decides anything: names, types and meanings are those of `rdkafka.h`. Its functions are called without Python's global
lock; callbacks take it, and come from inside a call of the same thread only (`log.queue` is on, and the queues are polled).
"""

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int32, c_int64, c_size_t, c_ssize_t, c_void_p
from typing import Any

from confluent_kafka import cimpl

LIBRARY = ctypes.CDLL(cimpl.__file__)
"""Symbols are looked up in what the package's module was linked with, wherever that lies."""

CONSUMER = 1
NO_CONSUMER_CLOSE = 0x8
TEXT_SIZE = 512
"""Of what an error is written to."""


class TopicPartition(Structure):
    """`rd_kafka_topic_partition_t`."""

    _fields_ = (
        ("topic", c_char_p),
        ("partition", c_int32),
        ("offset", c_int64),
        ("metadata", c_void_p),
        ("metadata_size", c_size_t),
        ("opaque", c_void_p),
        ("err", c_int),
        ("_private", c_void_p),
    )


class TopicPartitionList(Structure):
    """`rd_kafka_topic_partition_list_t`."""

    _fields_ = (("cnt", c_int), ("size", c_int), ("elems", POINTER(TopicPartition)))


PARTITIONS = POINTER(TopicPartitionList)

RebalanceCallback = CFUNCTYPE(None, c_void_p, c_int, PARTITIONS, c_void_p)
ErrorCallback = CFUNCTYPE(None, c_void_p, c_int, c_char_p, c_void_p)
LogCallback = CFUNCTYPE(None, c_void_p, c_int, c_char_p, c_char_p)

_NUMBERS = POINTER(c_int64)
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "rd_kafka_err2str": (c_char_p, (c_int,)),
    "rd_kafka_conf_new": (c_void_p, ()),
    "rd_kafka_conf_set": (c_int, (c_void_p, c_char_p, c_char_p, c_char_p, c_size_t)),
    "rd_kafka_conf_set_rebalance_cb": (None, (c_void_p, RebalanceCallback)),
    "rd_kafka_conf_set_error_cb": (None, (c_void_p, ErrorCallback)),
    "rd_kafka_conf_set_log_cb": (None, (c_void_p, LogCallback)),
    "rd_kafka_conf_destroy": (None, (c_void_p,)),
    "rd_kafka_new": (c_void_p, (c_int, c_void_p, c_char_p, c_size_t)),
    "rd_kafka_destroy_flags": (None, (c_void_p, c_int)),
    "rd_kafka_set_log_queue": (c_int, (c_void_p, c_void_p)),
    "rd_kafka_poll_set_consumer": (c_int, (c_void_p,)),
    "rd_kafka_queue_get_consumer": (c_void_p, (c_void_p,)),
    "rd_kafka_queue_destroy": (None, (c_void_p,)),
    "rd_kafka_subscribe": (c_int, (c_void_p, PARTITIONS)),
    "rd_kafka_assign": (c_int, (c_void_p, PARTITIONS)),
    "rd_kafka_pause_partitions": (c_int, (c_void_p, PARTITIONS)),
    "rd_kafka_resume_partitions": (c_int, (c_void_p, PARTITIONS)),
    "rd_kafka_commit": (c_int, (c_void_p, PARTITIONS, c_int)),
    "rd_kafka_get_watermark_offsets": (c_int, (c_void_p, c_char_p, c_int32, _NUMBERS, _NUMBERS)),
    "rd_kafka_metadata": (c_int, (c_void_p, c_int, c_void_p, POINTER(c_void_p), c_int)),
    "rd_kafka_metadata_destroy": (None, (c_void_p,)),
    "rd_kafka_consumer_poll": (c_void_p, (c_void_p, c_int)),
    "rd_kafka_consume_batch_queue": (c_ssize_t, (c_void_p, c_int, c_void_p, c_size_t)),
    "rd_kafka_consumer_close": (c_int, (c_void_p,)),
    "rd_kafka_topic_partition_list_new": (PARTITIONS, (c_int,)),
    "rd_kafka_topic_partition_list_add": (POINTER(TopicPartition), (PARTITIONS, c_char_p, c_int32)),
    "rd_kafka_topic_partition_list_destroy": (None, (PARTITIONS,)),
    "rd_kafka_topic_name": (c_char_p, (c_void_p,)),
    "rd_kafka_message_errstr": (c_char_p, (c_void_p,)),
    "rd_kafka_message_timestamp": (c_int64, (c_void_p, c_void_p)),
    "rd_kafka_message_headers": (c_int, (c_void_p, c_void_p)),
    "rd_kafka_message_destroy": (None, (c_void_p,)),
    "rd_kafka_header_cnt": (c_size_t, (c_void_p,)),
    "rd_kafka_header_get_all": (c_int, (c_void_p, c_size_t, c_void_p, c_void_p, c_void_p)),
}
for _name, (_result, _arguments) in _SIGNATURES.items():
    _function = getattr(LIBRARY, _name)
    _function.restype, _function.argtypes = _result, _arguments
