"""Who else can make hourly values of the event set: one file each, tuned as its own engineers would."""
