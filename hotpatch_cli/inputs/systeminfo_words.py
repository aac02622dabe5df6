"""How systeminfo names its values in the languages of Windows.

German, French, Italian, Spanish, Portuguese, Japanese and Chinese, as its output is quoted on the
web. The text of a value is in the same language, so only its numbers and KBs are read.
"""

HOST = (
    *("Host Name", "Hostname", "Nom de l'hôte", "Nom de l\u2019hôte", "Nome host"),
    *("Nombre de host", "Nome do host", "Nome do anfitrião", "ホスト名", "主机名"),
)
SYSTEM = (
    *("OS Name", "Betriebssystemname", "Nom du système d'exploitation"),
    *("Nom du système d\u2019exploitation", "Nome SO", "Sistema operativo"),
    *("Nombre del sistema operativo", "Nome do sistema operacional", "OS 名", "OS 名称"),
)
VERSION = (
    *("OS Version", "Betriebssystemversion", "Version du système", "Versione SO"),
    *("Versión del sistema operativo", "Versão do sistema operacional"),
    *("OS バージョン", "OS 版本"),
)
